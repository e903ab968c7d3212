import { coveredUs } from '../analysis/self-time.js'
import { describeRowSite } from '../words/call-sites.js'
import { showText } from '../words/escape-control.js'
import { formatCount, formatCounted, formatDuration } from '../words/format-duration.js'
import { pointDetail, repeatedDetail } from '../words/point-label.js'
import { shownName } from '../words/shown-name.js'
import { MAX_COLUMNS } from './canvas.js'
import type { Glyphs } from './glyphs.js'
import type { Row } from './plan-rows.js'

/** A line of the tree before it is laid out in columns. Its strings are escaped. */
export interface Line {
  /** The characters before the label that draw the tree, three columns per level. */
  readonly branches: string
  /** The sign of a failed point, otherwise empty. */
  readonly sign: string
  readonly label: string
  /** The label with all columns of a query, for a terminal that has room for them. */
  readonly wholeLabel: string
  /** The line of the program that made the points, such as `src/orders.ts:41`; empty if it is not shown. */
  readonly site: string
  /** The exception and the marks of the point. */
  readonly note: string
  readonly service: string
  readonly duration: string
  /** `undefined` for a line that only says how many points are left out. */
  readonly row: Row | undefined
}

/**
 * Lists the lines for the rows of `planRows` from top to bottom, with call sites if `hasSites` is true. `top` itself
 * has no line, because it has no points.
 */
export function listLines(top: Row, glyphs: Glyphs, hasSites = false): Line[] {
  const lines: Line[] = []
  const waiting: { line: Line; below: string }[] = []
  const push = (row: Row, indent: string, isTop: boolean): void => {
    const { hidden, children } = row
    if (hidden !== undefined) {
      waiting.push({ line: createHiddenLine(hidden, isTop ? '' : indent + glyphs.lastBranch, glyphs), below: '' })
    }
    for (const [index, child] of children.toReversed().entries()) {
      const isLast = index === 0 && hidden === undefined
      const branches = isTop ? '' : indent + (isLast ? glyphs.lastBranch : glyphs.branch)
      const below = isTop ? '' : indent + (isLast ? '   ' : glyphs.pass)
      waiting.push({ line: createPointLine(child, branches, glyphs, hasSites), below })
    }
  }
  push(top, '', true)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    lines.push(next.line)
    if (next.line.row !== undefined) push(next.line.row, next.below, false)
  }
  return lines
}

function createPointLine(row: Row, branches: string, glyphs: Glyphs, hasSites: boolean): Line {
  const [node] = row.nodes
  const count = row.nodes.length
  const detailFor = (room: number): string =>
    showText(count === 1 && node !== undefined ? pointDetail(node, room) : repeatedDetail(row.nodes, room))
  const name = `${count > 1 ? `${formatCount(count)} x ` : ''}${row.isExample ? 'slowest: ' : ''}${showText(shownName(node?.name ?? ''))}`
  const us = coveredUs(row.nodes)
  return {
    branches,
    sign: node?.failed ? glyphs.failed : '',
    label: `${name} ${detailFor(0)}`.trimEnd(),
    wholeLabel: `${name} ${detailFor(MAX_COLUMNS)}`.trimEnd(),
    site: hasSites ? showText(describeRowSite(row.nodes)) : '',
    note: [node?.exception, ...(node?.marks ?? [])]
      .map(text => showText(text))
      .filter(Boolean)
      .join(', '),
    service: showText(node?.service),
    duration: us === undefined ? '?' : formatDuration(us, glyphs.micro),
    row,
  }
}

function createHiddenLine(hidden: NonNullable<Row['hidden']>, branches: string, glyphs: Glyphs): Line {
  const label = `${glyphs.ellipsis} ${formatCounted(hidden.points, 'more point')}, up to ${formatDuration(hidden.longestUs, glyphs.micro)}`
  return { branches, sign: '', label, wholeLabel: label, site: '', note: '', service: '', duration: '', row: undefined }
}
