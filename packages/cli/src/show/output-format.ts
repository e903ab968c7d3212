import type { OsprofilerError } from '@osprofiler/core'
import { failure } from '../output/failure.js'
import { type ImageFormat, imageFormat } from './draw-image.js'

/** The tools for which `--export` makes a timeline. */
export type ExportTarget = 'perfetto' | 'speedscope' | 'otlp'

/** How and where to write a trace, and which points the tree shows. */
export interface ReportOptions {
  readonly json?: boolean
  readonly html?: boolean
  readonly dot?: boolean
  readonly export?: ExportTarget
  readonly renderDot?: string
  readonly out?: string
  readonly rawTimes?: boolean
  readonly depth?: number
  readonly minMs?: number
  readonly filter?: string
  readonly service?: string
}

/** The format of a trace; `tree` by default. */
export type OutputFormat = 'tree' | 'json' | 'html' | 'dot' | ExportTarget | ImageFormat

/** Formats that would only flood a terminal. */
const FOR_PROGRAMS: ReadonlySet<OutputFormat> = new Set(['html', 'perfetto', 'speedscope', 'otlp'])

/** Format of a trace, and the destination. */
export interface Output {
  readonly format: OutputFormat
  /** `undefined` for standard output. */
  readonly file: string | undefined
}

/**
 * Reads from the options how and where to write a trace, before any work is done. As in Python's command,
 * `--render-dot` draws a picture beside another format. Throws `ERR_CONFIGURATION` if options contradict one another.
 */
export async function chooseOutputs(options: ReportOptions, toTerminal: boolean): Promise<Output[]> {
  const { json, html, dot, export: target, renderDot, out } = options
  const given = [
    ...(json ? ['--json'] : []),
    ...(html ? ['--html'] : []),
    ...(dot ? ['--dot'] : []),
    ...(target === undefined ? [] : [`--export ${target}`]),
  ]
  const [first] = given
  if (given.length > 1) throw await wrongUsage(`Give one format: ${given.join(' and ')} cannot go together.`)
  if (first !== undefined || renderDot !== undefined) await refuseSelection(first ?? '--render-dot', options)

  const picture = renderDot === undefined ? [] : [{ format: await imageFormat(renderDot), file: renderDot }]
  if (first === undefined && renderDot !== undefined) {
    if (out === undefined) return picture
    throw await wrongUsage(
      '--render-dot already names the file of the picture: leave out --out, or say what goes there.',
    )
  }
  const format = json ? 'json' : html ? 'html' : dot ? 'dot' : (target ?? 'tree')
  if (out === undefined && toTerminal && FOR_PROGRAMS.has(format)) {
    throw await wrongUsage(`${first} is not for a terminal: add --out FILE, or send it into a pipe.`)
  }
  return [...picture, { format, file: out }]
}

/** Refuses an option that a format cannot honor, instead of ignoring it. */
async function refuseSelection(format: string, options: ReportOptions): Promise<void> {
  const { depth, minMs, filter, service } = options
  const selections = { '--depth': depth, '--min-ms': minMs, '--filter': filter, '--service': service }
  const [name] = Object.entries(selections).find(([, value]) => value !== undefined) ?? []
  if (name !== undefined)
    throw await wrongUsage(`${name} chooses what the tree shows; ${format} always has the whole trace.`)
}

/** Creates an `ERR_CONFIGURATION` error for options that contradict one another. Loads the error's class first. */
export function wrongUsage(message: string): Promise<OsprofilerError> {
  return failure('ERR_CONFIGURATION', message)
}
