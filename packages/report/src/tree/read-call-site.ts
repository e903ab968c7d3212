import { type CallSite, readCallSite as readFromInfo } from '@osprofiler/core/record'
import { readField } from './read-field.js'
import type { ReportNode } from './report.js'

/** Reads the call site of a point, which is the line of the program that made the point. Safe for untrusted records. */
export function readCallSite({ start }: Pick<ReportNode, 'start'>): CallSite | undefined {
  return readFromInfo(readField(start, 'info'))
}
