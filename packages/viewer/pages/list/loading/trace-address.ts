/** The address of a trace's own page. */
export function traceAddress(ref: string): string {
  return `trace?ref=${encodeURIComponent(ref)}`
}

/** The address of a trace as a file. */
export function downloadAddress(ref: string, format: 'json' | 'html'): string {
  return `download?ref=${encodeURIComponent(ref)}&format=${format}`
}

/** The address of two traces side by side. */
export function compareAddress(before: string, after: string): string {
  return `compare?a=${encodeURIComponent(before)}&b=${encodeURIComponent(after)}`
}
