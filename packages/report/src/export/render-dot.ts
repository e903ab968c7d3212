import { nodeHead, reportInfo } from '../json/report-json.js'
import { readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { showText } from '../words/escape-control.js'

/** Python shows so much of a path. */
const MAX_PATH_LENGTH = 30

/**
 * A report in Graphviz's DOT language, as Python's `osprofiler trace show --dot` makes it of the same records (Python
 * prints a line break after it), with the report's own differences: names lose only `-start` and `-stop`, and siblings
 * stand in the order of their real starts. Ends with a line break.
 *
 * Where Python fails (no service, an `rpc` without a function's name, a `wsgi` without a start) the label leaves out what
 * is not known. Where Python lets a record write DOT or HTML (backslashes, entities, a label in `<` and `>`), or passes on control
 * and invisible characters, the text is shown as it is, with `escapeControl`'s escapes.
 *
 * Follows `_create_dot_graph` of osprofiler/cmd/commands.py 3.4.3 and `quote` of python3-graphviz 0.20.
 */
export function renderDot(report: Report): string {
  const lines = ['digraph {\n', nodeLine(0, pointLabel(reportInfo(report)))]
  // The ids of the points between the top and here: a point's edge stands after all that is below it.
  const path = [0]
  const closeTo = (depth: number): void => {
    while (path.length > depth + 1) {
      const id = path.pop()
      lines.push(`\t${path.at(-1)} -> ${id}\n`)
    }
  }
  report.points.forEach((node, index) => {
    closeTo(node.depth)
    path.push(index + 1)
    const { info } = nodeHead(node)
    lines.push(nodeLine(index + 1, `${pointLabel(info)}${detailLine(node)}`))
  })
  closeTo(0)
  lines.push('}\n')
  return lines.join('')
}

/** `orders:db - 66 ms` */
function pointLabel(info: Readonly<Record<string, unknown>>): string {
  const { name, service, started, finished } = info
  const shownService = typeof service === 'string' ? `${escapeDot(service)}:` : ''
  const ms = typeof finished === 'number' && typeof started === 'number' ? finished - started : 0
  return `${shownService}${escapeDot(String(name))} - ${ms} ms`
}

function detailLine({ name, start }: ReportNode): string {
  if (name === 'wsgi') {
    const method = readField(start, 'info', 'request', 'method')
    const path = readField(start, 'info', 'request', 'path')
    if (typeof method !== 'string' || typeof path !== 'string') return ''
    // Python counts in code points; no more than two units make one.
    const head = [...path.slice(0, 2 * MAX_PATH_LENGTH)].slice(0, MAX_PATH_LENGTH).join('')
    return `\\n${escapeDot(method)} ${escapeDot(head)}..`
  }
  if (name === 'rpc' || name === 'driver') {
    const called = readField(start, 'info', 'function', 'name')
    return typeof called === 'string' ? `\\n${escapeDot(called.slice(called.lastIndexOf('.') + 1))}` : ''
  }
  return ''
}

function nodeLine(id: number, label: string): string {
  return `\t${id} [label="${label}"]\n`
}

/** What Graphviz would show as another character: `&lt;`, `&#60;`. */
const ENTITY = /&(?=#?\w+;)/g

/** Text as a quoted label shows it: Graphviz reads backslashes in it as commands, and a quote ends it. */
function escapeDot(text: string): string {
  return showText(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replace(ENTITY, '&amp;')
}
