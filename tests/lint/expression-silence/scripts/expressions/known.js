export { circle as shape };
function circle() {}
