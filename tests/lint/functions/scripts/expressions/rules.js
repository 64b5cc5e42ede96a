export function isOpen(value) { return true }
