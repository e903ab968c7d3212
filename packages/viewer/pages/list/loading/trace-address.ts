export function traceAddress(ref: string): string {
  return `trace?ref=${encodeURIComponent(ref)}`
}

export function downloadAddress(ref: string, format: 'json' | 'html'): string {
  return `download?ref=${encodeURIComponent(ref)}&format=${format}`
}

export function compareAddress(before: string, after: string): string {
  return `compare?a=${encodeURIComponent(before)}&b=${encodeURIComponent(after)}`
}
