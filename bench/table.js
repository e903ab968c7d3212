/** Prints a title and a Markdown table. The first column contains words, and the others contain figures. */
export function printTable(title, header, rows) {
  const text = `### ${title}\n\n${formatTable(header, rows)}`
  console.log(`\n${text}`)
  printed.push(text)
}

/** Returns the tables that were printed since the last call. */
export function takePrinted() {
  return printed.splice(0)
}

const printed = []

/** Formats a table in the linter's style. The first `words` columns contain words. */
export function formatTable(header, rows, words = 1) {
  const lines = [header, ...rows].map(row => row.map(String))
  const widths = header.map((_, column) => Math.max(3, ...lines.map(row => row[column].length)))
  const pad = (cell, column) => (column < words ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))
  const dashes = (width, column) => (column < words ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)
  const format = row => `| ${row.join(' | ')} |`
  const [first, ...others] = lines.map(row => format(row.map(pad)))
  return [first, format(widths.map(dashes)), ...others].join('\n')
}

/** Returns a median with its quartiles: `0.42 (0.40 to 0.45)`. */
export function show({ median, low, high }, digits = 2) {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`
}

/** Like `show`, but shows the confidence interval of the median. */
export function showInterval(interval, digits) {
  return Number.isFinite(interval.low) ? show(interval, digits) : `${interval.median.toFixed(digits)} (too few)`
}

/** Returns a word that says whether a target was met. */
export function verdict(value, aim) {
  return value <= aim ? 'met' : 'missed'
}
