import type { OsprofilerError } from '@osprofiler/core'
import { createFailure } from '../output/create-failure.js'
import { chooseImageFormat, type ImageFormat } from './draw-image.js'

/** The tools for which `--export` creates a timeline. */
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
  readonly code?: boolean
}

/** The format of a trace. The default is `tree`. */
export type OutputFormat = 'tree' | 'json' | 'html' | 'dot' | ExportTarget | ImageFormat

/** Formats that are not written to a terminal, because people cannot read them there. */
const NON_TERMINAL_FORMATS: ReadonlySet<OutputFormat> = new Set(['html', 'perfetto', 'speedscope', 'otlp'])

/** The format of a trace, and where to write it. */
export interface Output {
  readonly format: OutputFormat
  /** `undefined` for standard output. */
  readonly file: string | undefined
}

/**
 * Determines from the options how and where to write a trace, before any work is done. As in Python's command,
 * `--render-dot` draws an image in addition to another format. Throws `ERR_CONFIGURATION` if options contradict one
 * another.
 */
export async function chooseOutputs(options: ReportOptions, isTerminal: boolean): Promise<Output[]> {
  const { json, html, dot, export: target, renderDot, out } = options
  const formatFlags = [
    ...(json ? ['--json'] : []),
    ...(html ? ['--html'] : []),
    ...(dot ? ['--dot'] : []),
    ...(target === undefined ? [] : [`--export ${target}`]),
  ]
  const [first] = formatFlags
  if (formatFlags.length > 1)
    throw await createUsageError(`Give one format: ${formatFlags.join(' and ')} cannot be combined.`)
  if (first !== undefined || renderDot !== undefined) await refuseTreeOptions(first ?? '--render-dot', options)

  const pictures = renderDot === undefined ? [] : [{ format: await chooseImageFormat(renderDot), file: renderDot }]
  if (first === undefined && renderDot !== undefined) {
    if (out === undefined) return pictures
    throw await createUsageError(
      '--render-dot already names the file of the picture. Leave out --out, or add the format that goes there.',
    )
  }
  const format = json ? 'json' : html ? 'html' : dot ? 'dot' : (target ?? 'tree')
  if (out === undefined && isTerminal && NON_TERMINAL_FORMATS.has(format)) {
    throw await createUsageError(`${first} cannot be shown in a terminal. Add --out FILE, or write to a pipe.`)
  }
  return [...pictures, { format, file: out }]
}

/** Refuses an option that does not apply to a format, instead of ignoring it. */
async function refuseTreeOptions(format: string, options: ReportOptions): Promise<void> {
  const { depth, minMs, filter, service, code } = options
  const selections = { '--depth': depth, '--min-ms': minMs, '--filter': filter, '--service': service, '--code': code }
  const [name] = Object.entries(selections).find(([, value]) => value !== undefined) ?? []
  if (name !== undefined)
    throw await createUsageError(`${name} applies only to the tree. ${format} always contains the whole trace.`)
}

/** Creates an `ERR_CONFIGURATION` error for contradictory options. Loads the error class first. */
export function createUsageError(message: string): Promise<OsprofilerError> {
  return createFailure('ERR_CONFIGURATION', message)
}
