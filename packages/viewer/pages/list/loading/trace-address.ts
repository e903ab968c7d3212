/** Returns the address of the page of a trace, in the viewer's folder. */
export function traceAddress(ref: string): string {
  return `trace?ref=${encodeURIComponent(ref)}`
}

/** Returns the address of a trace as a file to save: the report as JSON, or the whole page. */
export function downloadAddress(ref: string, format: 'json' | 'html'): string {
  return `download?ref=${encodeURIComponent(ref)}&format=${format}`
}

/** Returns the address of the page that compares two traces. */
export function compareAddress(before: string, after: string): string {
  return `compare?a=${encodeURIComponent(before)}&b=${encodeURIComponent(after)}`
}
