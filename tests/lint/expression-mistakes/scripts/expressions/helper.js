export function sum(a) {}
function hidden(a) {}
