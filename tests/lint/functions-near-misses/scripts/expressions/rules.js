export function clean(value) { return value }
