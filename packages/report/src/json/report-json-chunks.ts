import { restoreAccounts } from '../tree/lift-accounts.js'
import type { Report, ReportNode } from '../tree/report.js'
import { joinChunks } from './join-chunks.js'
import { nodeHead, reportInfo, reportStats } from './report-json.js'
import { writeJson, writeNestedJson } from './write-json.js'

const CHUNK_CHARS = 128 * 1024

/**
 * Points below this depth are not indented. Otherwise, their lines would contain more indentation than text, and the
 * total indentation would grow with the square of the depth.
 */
const MAX_INDENTED_DEPTH = 100

/**
 * Yields the text of `reportJson(report)` in pieces of about 128 KiB, in the layout that Python prints (`indent=2`,
 * ASCII only). Also works for reports that are too large for one string or too deep for recursion. Points nested more
 * than 100 deep are written without line breaks. Ends without a line break.
 */
export function reportJsonChunks(report: Report): Generator<string, void, undefined> {
  return joinChunks(writeReport(restoreAccounts(report)), CHUNK_CHARS)
}

function* writeReport(report: Report): Generator<string, void, undefined> {
  yield `{\n  "info": ${writeNestedJson(reportInfo(report), 1)},\n  "children": [`
  let previous: ReportNode | undefined
  for (const node of report.points) {
    if (previous !== undefined) {
      yield* closeNodes(previous.depth, node.depth)
      if (previous.depth >= node.depth) yield ','
    }
    yield openNode(node)
    previous = node
  }
  if (previous !== undefined) {
    yield* closeNodes(previous.depth, 0)
    yield '\n  '
  }
  yield `],\n  "stats": ${writeNestedJson(reportStats(report), 1)}\n}`
}

function openNode(node: ReportNode): string {
  const lineBreak = lineBreakAt(node.depth)
  const head = nodeHead(node)
  if (lineBreak === '') return `${writeJson(head, 0).slice(0, -1)},"children":[`
  const text = writeNestedJson(head, 2 * (node.depth + 1))
  const end = text.endsWith(`${lineBreak}}`) ? lineBreak.length + 1 : 1
  return `${lineBreak}${text.slice(0, -end)},${lineBreak}  "children": [`
}

/**
 * Yields the brackets that close the levels `from` to `to`. Yields them one at a time, because there may be 100,000
 * levels.
 */
function* closeNodes(from: number, to: number): Generator<string, void, undefined> {
  for (let depth = from; depth >= to; depth--) yield closeNode(depth, depth === from)
}

function closeNode(depth: number, isLeaf: boolean): string {
  const lineBreak = lineBreakAt(depth)
  const endOfChildren = isLeaf || lineBreak === '' ? ']' : `${lineBreak}  ]`
  return `${endOfChildren}${lineBreak}}`
}

/** Python's report indents each level by four spaces. */
function lineBreakAt(depth: number): string {
  return depth > MAX_INDENTED_DEPTH ? '' : `\n${' '.repeat(4 * (depth + 1))}`
}
