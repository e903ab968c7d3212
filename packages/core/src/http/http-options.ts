import { GATE_OPTIONS, type TraceGateOptions } from '../admission/trace-gate.js'
import { checkOptions, type OptionKinds } from '../options/check-options.js'
import { checkTicketOptions, type TicketOptions } from '../tickets/ticket-options.js'
import type { NodeRequest } from './response/node-messages.js'

/** The options that every HTTP adapter accepts. */
export interface HttpOptions extends TraceGateOptions<NodeRequest>, TicketOptions {
  /**
   * The name of the point for a served request. Default `wsgi`, by which Python's OSProfiler recognizes a served
   * request.
   */
  readonly name?: string | undefined
  /**
   * Omits the query string from the record. Default false. In any case, values of parameters with secret names, such as
   * `password`, are redacted.
   */
  readonly hideQuery?: boolean | undefined
}

/**
 * Checks the options of an HTTP adapter.
 *
 * @throws TypeError for an unknown option, or for a value of the wrong type or outside its range
 */
export function checkHttpOptions(options: HttpOptions): void {
  checkOptions('The middleware', options, HTTP_OPTIONS)
  checkTicketOptions(options)
}

const HTTP_OPTIONS: OptionKinds<HttpOptions> = {
  name: 'string',
  hideQuery: 'boolean',
  tickets: 'any',
  audience: 'any',
  ...GATE_OPTIONS,
}
