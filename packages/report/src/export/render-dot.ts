import { nodeHead, reportInfo } from '../json/report-json.js'
import { restoreAccounts } from '../tree/lift-accounts.js'
import { readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { showText } from '../words/escape-control.js'

/** How many characters of a path Python shows. */
const MAX_PATH_CHARS = 30

/**
 * Renders a report in Graphviz's DOT language, ending with a line break. For the same records, Python's `osprofiler
 * trace show --dot` prints the same text, with a second line break at the end. As in the report, only `-start` and
 * `-stop` are removed from names, and siblings are sorted by their recorded starts.
 *
 * If a service, the name of an `rpc` function, or the start of a `wsgi` point is unknown, the label omits it. Python
 * fails in all three cases. In Python's output, a record can inject DOT or HTML through backslashes, entities, or a
 * label in `<` and `>`. Control and invisible characters are not escaped either. This function shows all of these
 * characters as text, with `escapeControl`'s escapes. Source: `_create_dot_graph` of osprofiler/cmd/commands.py 3.4.3
 * and `quote` of python3-graphviz 0.20.
 */
export function renderDot(steps: Report): string {
  const report = restoreAccounts(steps)
  const lines = ['digraph {\n', formatNode(0, formatLabel(reportInfo(report)))]
  // Ids of the points from the top to the current point. The edge to a point is written after all points below that
  // point.
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
    lines.push(formatNode(index + 1, `${formatLabel(info)}${formatDetail(node)}`))
  })
  closeTo(0)
  lines.push('}\n')
  return lines.join('')
}

/** Returns a label such as `orders:db - 66 ms`. */
function formatLabel(info: Readonly<Record<string, unknown>>): string {
  const { name, service, started, finished } = info
  const shownService = typeof service === 'string' ? `${escapeDot(service)}:` : ''
  const ms = typeof finished === 'number' && typeof started === 'number' ? finished - started : 0
  return `${shownService}${escapeDot(String(name))} - ${ms} ms`
}

function formatDetail({ name, start }: ReportNode): string {
  if (name === 'wsgi') {
    const method = readField(start, 'info', 'request', 'method')
    const path = readField(start, 'info', 'request', 'path')
    if (typeof method !== 'string' || typeof path !== 'string') return ''
    // Python counts code points, each of which is one or two UTF-16 units.
    const head = [...path.slice(0, 2 * MAX_PATH_CHARS)].slice(0, MAX_PATH_CHARS).join('')
    return `\\n${escapeDot(method)} ${escapeDot(head)}..`
  }
  if (name === 'rpc' || name === 'driver') {
    const called = readField(start, 'info', 'function', 'name')
    return typeof called === 'string' ? `\\n${escapeDot(called.slice(called.lastIndexOf('.') + 1))}` : ''
  }
  return ''
}

function formatNode(id: number, label: string): string {
  return `\t${id} [label="${label}"]\n`
}

/** The ampersand of an entity that Graphviz would decode, such as `&lt;` or `&#60;`. */
const ENTITY = /&(?=#?\w+;)/g

/**
 * Escapes a string for a quoted label. In such a label, Graphviz interprets backslashes as escapes, and a quote ends
 * the label.
 */
function escapeDot(text: string): string {
  return showText(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replace(ENTITY, '&amp;')
}
