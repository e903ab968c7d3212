const COLOURS = 8

/**
 * Gives each service its colour, a number for `serviceColour`. A service has the colour that its name leads to, on every
 * page; where two of the same eight want one colour, the later takes the next that is free.
 */
export function assignColours(names: readonly string[]): number[] {
  const taken = new Set<number>()
  return names.map((name, index) => {
    const round = Math.floor(index / COLOURS) * COLOURS
    let colour = hash(name) % COLOURS
    while (taken.has(round + colour)) colour = (colour + 1) % COLOURS
    taken.add(round + colour)
    return round + colour
  })
}

/**
 * A service's colour as a custom property: eight that people with any kind of colour vision can tell apart (after Okabe
 * and Ito); from the ninth service on they return, striped.
 */
export function serviceColour(colour: number): Record<string, string> {
  const base = `var(--service-${colour % COLOURS})`
  if (colour < COLOURS) return { '--service': base }
  const pale = `color-mix(in oklab, ${base} 45%, var(--surface))`
  const angle = colour % (2 * COLOURS) < COLOURS ? 45 : 135
  return {
    '--service': base,
    '--service-fill': `repeating-linear-gradient(${angle}deg, ${base} 0 3px, ${pale} 3px 6px)`,
  }
}

/** The same for a canvas, which knows no custom properties. */
export function serviceColours(): string[] {
  const style = getComputedStyle(document.documentElement)
  return Array.from({ length: COLOURS }, (_, index) => style.getPropertyValue(`--service-${index}`).trim())
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < Math.min(text.length, 200); index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}
