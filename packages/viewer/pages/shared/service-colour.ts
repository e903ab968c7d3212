const COLOUR_COUNT = 8

/**
 * Assigns each service a color number for `serviceColourStyle`. The number is a hash of the service's name, so that the
 * service usually has the same color on every page. Each group of eight services uses every color once. If an earlier
 * service of the group already has the color, the service gets the next free color.
 */
export function assignColours(names: readonly string[]): number[] {
  const taken = new Set<number>()
  return names.map((name, index) => {
    const round = Math.floor(index / COLOUR_COUNT) * COLOUR_COUNT
    let colour = hashText(name) % COLOUR_COUNT
    while (taken.has(round + colour)) colour = (colour + 1) % COLOUR_COUNT
    taken.add(round + colour)
    return round + colour
  })
}

/**
 * Returns a service's color as custom properties. The eight colors are distinguishable with any type of color vision
 * (after Okabe and Ito). From the ninth service on, the same colors are used with stripes.
 */
export function serviceColourStyle(colour: number): Record<string, string> {
  const base = `var(--service-${colour % COLOUR_COUNT})`
  if (colour < COLOUR_COUNT) return { '--service': base }
  const pale = `color-mix(in oklab, ${base} 45%, var(--surface))`
  const angle = colour % (2 * COLOUR_COUNT) < COLOUR_COUNT ? 45 : 135
  return {
    '--service': base,
    '--service-fill': `repeating-linear-gradient(${angle}deg, ${base} 0 3px, ${pale} 3px 6px)`,
  }
}

/** Returns the colors for a canvas, which does not support custom properties. */
export function readServiceColours(): string[] {
  const style = getComputedStyle(document.documentElement)
  return Array.from({ length: COLOUR_COUNT }, (_, index) => style.getPropertyValue(`--service-${index}`).trim())
}

/** Returns the 32-bit FNV-1a hash of the first 200 characters. */
function hashText(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < Math.min(text.length, 200); index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}
