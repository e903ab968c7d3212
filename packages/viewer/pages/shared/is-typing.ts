/** Returns whether a key is pressed in a field, so that it is not a shortcut of the page. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input:not([type="checkbox"]), select, textarea') !== null
}
