/** Prints rows of texts as a table in Markdown, so that it can be pasted into the README as it is. */
export function printTable(title, header, rows) {
  const lines = [header, ...rows].map(row => row.map(String))
  const widths = header.map((_, column) => Math.max(...lines.map(row => row[column].length)))
  const format = row =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  console.log(`\n## ${title}\n\n${[format(lines[0]), rule, ...lines.slice(1).map(format)].join('\n')}`)
}

/** A median with its quartiles: `0.42 (0.40 to 0.45)`. */
export function show({ median, low, high }, digits = 2) {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`
}

/** Whether an aim was met, in a word. */
export function verdict(value, aim) {
  return value <= aim ? 'met' : 'missed'
}
