const COLOURS = 8

/**
 * A service's colour as a custom property: eight that people with any kind of colour vision can tell apart (after Okabe
 * and Ito), in the order in which services appear; from the ninth on they return, striped.
 */
export function serviceColour(service: number): Record<string, string> {
  const colour = `var(--service-${service % COLOURS})`
  if (service < COLOURS) return { '--service': colour }
  const pale = `color-mix(in oklab, ${colour} 45%, var(--surface))`
  const angle = service % (2 * COLOURS) < COLOURS ? 45 : 135
  return {
    '--service': colour,
    '--service-fill': `repeating-linear-gradient(${angle}deg, ${colour} 0 3px, ${pale} 3px 6px)`,
  }
}

/** The same for a canvas, which knows no custom properties. */
export function serviceColours(): string[] {
  const style = getComputedStyle(document.documentElement)
  return Array.from({ length: COLOURS }, (_, index) => style.getPropertyValue(`--service-${index}`).trim())
}
