/** A point from which a span is made. The values of its records are unchecked. */
export interface SpanSource {
  readonly baseId: string
  readonly traceId: string
  /** Parent as it was recorded: the enclosing point, in any program, or the `baseId`. */
  readonly parentId: string | undefined
  readonly isTop: boolean
  /** Name without `-start` and `-stop`. */
  readonly name: string
  /** Infos of the start and the stop; `undefined` for a missing record. */
  readonly startInfo: unknown
  readonly stopInfo: unknown
  readonly hasLocalParent: boolean
  /** Microseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  /** Oddities of the point, in any order. */
  readonly marks: readonly string[]
  /** Whether a span with this id was sent before, while one of the point's records was missing. */
  readonly isUpdate?: boolean | undefined
}
