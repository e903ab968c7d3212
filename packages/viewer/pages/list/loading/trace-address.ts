/** Returns the address of a trace's page, relative to the viewer's folder. */
export function traceAddress(ref: string): string {
  return `trace?ref=${encodeURIComponent(ref)}`
}

/** Returns the address from which to download a trace, as a report in JSON or as a page. */
export function downloadAddress(ref: string, format: 'json' | 'html'): string {
  return `download?ref=${encodeURIComponent(ref)}&format=${format}`
}

/** Returns the address of the page that compares two traces. */
export function compareAddress(before: string, after: string): string {
  return `compare?a=${encodeURIComponent(before)}&b=${encodeURIComponent(after)}`
}
