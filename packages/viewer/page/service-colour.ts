const COLOURS = 8

/**
 * A service's colour as a custom property: eight that people with any kind of colour vision can tell apart (after Okabe
 * and Ito), in the order in which services appear; from the ninth on they return.
 */
export function serviceColour(service: number): Record<string, string> {
  return { '--service': `var(--service-${service % COLOURS})` }
}

/** The same for a canvas, which knows no custom properties. */
export function serviceColours(): string[] {
  const style = getComputedStyle(document.documentElement)
  return Array.from({ length: COLOURS }, (_, index) => style.getPropertyValue(`--service-${index}`).trim())
}
