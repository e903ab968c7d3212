import { parseJson } from '@osprofiler/core/json'
import type { Report } from '../tree/report.js'
import type { FileLimits } from './file-limits.js'
import { buildReportFromNodes, createJsonError } from './read-report.js'
import type { TextReader } from './text-reader.js'

const QUOTE_CODE = 34
const COMMA_CODE = 44
const COLON_CODE = 58
const OPEN_BRACKET_CODE = 91
const BACKSLASH_CODE = 92
const CLOSE_BRACKET_CODE = 93
const OPEN_BRACE_CODE = 123
const CLOSE_BRACE_CODE = 125

// The characters that may change the scanner's state: in a string, in brackets, and outside of both.
const IN_STRING = /["\\]/g
const IN_BRACKETS = /["{}[\]]/g
const OUTSIDE_OF_VALUES = /["{}[\],:\s]/g

/**
 * Works like `readReport`, but reads a text that is too long for one string. Only the values of single points are
 * joined into strings. Unlike `parseJson`, this reader accepts an extra comma between points.
 */
export function createReportReader(limits: FileLimits): TextReader<Report> {
  const report: Record<string, unknown> = {}
  const nodes: unknown[] = []
  // The open brackets, outermost first. An object represents a point, and `undefined` represents a list of children.
  const open: (Record<string, unknown> | undefined)[] = []
  const scanner = createScanner()
  let key: string | undefined
  let isDone = false

  const takeValue = (text: string): void => {
    const value = parse(text)
    const node = open.at(-1)
    if (node === undefined) nodes.push(value)
    else if (key === undefined) key = String(value)
    else {
      if (key === 'info' || key === 'trace_id' || key === 'parent_id') node[key] = value
      key = undefined
    }
  }
  const openNode = (): void => {
    const isTop = open.length === 0
    const node = isTop ? report : {}
    if (!isTop) nodes.push(node)
    open.push(node)
  }
  /** Handles a bracket of a point or of a list of points. Returns whether `unit` is such a bracket. */
  const takeBracket = (unit: number): boolean => {
    const node = open.at(-1)
    const inNode = node !== undefined
    if (unit === OPEN_BRACE_CODE && !inNode) openNode()
    else if (unit === OPEN_BRACKET_CODE && inNode && key === 'children') {
      key = undefined
      open.push(undefined)
    } else if ((unit === CLOSE_BRACE_CODE && inNode && key === undefined) || (unit === CLOSE_BRACKET_CODE && !inNode)) {
      open.pop()
      isDone = open.length === 0
    } else return false
    return true
  }

  return {
    push(text) {
      for (let position = 0; position < text.length; ) {
        const unit = text.charCodeAt(position)
        const isBetweenValues = !scanner.isScanning()
        if (isBetweenValues && (unit <= 32 || unit === COMMA_CODE || unit === COLON_CODE || unit === 0xfeff)) position++
        else if (isBetweenValues && isDone) throw createJsonError('text follows its end')
        else if (isBetweenValues && takeBracket(unit)) position++
        else if (open.length === 0) throw createJsonError('it does not begin with a brace')
        else position = scanner.scan(text, position, takeValue)
      }
    },
    end() {
      if (!isDone) throw createJsonError('it ends in the middle')
      return buildReportFromNodes(report, nodes, limits)
    },
  }
}

interface Scanner {
  isScanning(): boolean
  /**
   * Searches for the end of a value, and calls `take` with the whole value. Returns the position after the scanned
   * text.
   */
  scan(text: string, from: number, take: (value: string) => void): number
}

function createScanner(): Scanner {
  let seen = ''
  let depth = 0
  let inString = false
  let isEscaped = false

  /** Returns the position after the value, or -1 if the value continues beyond this text. */
  const findEnd = (text: string, from: number): number => {
    let position = from
    if (isEscaped) {
      isEscaped = false
      position++
    }
    while (position < text.length) {
      const pattern = inString ? IN_STRING : depth > 0 ? IN_BRACKETS : OUTSIDE_OF_VALUES
      pattern.lastIndex = position
      if (!pattern.test(text)) return -1
      position = pattern.lastIndex
      const unit = text.charCodeAt(position - 1)
      if (unit === BACKSLASH_CODE) {
        isEscaped = position === text.length
        position++
      } else if (unit === QUOTE_CODE) {
        inString = !inString
        if (!inString && depth === 0) return position
      } else if (unit === OPEN_BRACE_CODE || unit === OPEN_BRACKET_CODE) depth++
      // The bracket or comma after a number is not part of the number.
      else if (depth === 0) return position - 1
      else if (--depth === 0) return position
    }
    return -1
  }
  return {
    isScanning: () => seen !== '',
    scan(text, from, take) {
      const end = findEnd(text, from)
      seen += text.slice(from, end === -1 ? undefined : end)
      if (end === -1) return text.length
      const value = seen
      seen = ''
      if (end === from && value === '') throw createJsonError('it has an extra bracket')
      take(value)
      return end
    },
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw createJsonError(`at "${text.slice(0, 40).replaceAll(/\s+/g, ' ')}"`, cause)
  }
}

/** Returns whether the beginning of a text looks like a report's JSON, written by Python or by this package. */
export function beginsLikeReport(head: string): boolean {
  return /^\ufeff?\s*\{\s*"(?:info|children)"\s*:/.test(head.slice(0, 1000))
}
