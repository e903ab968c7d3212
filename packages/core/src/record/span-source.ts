/** A point as its span is made of it. What comes of its records was never checked. */
export interface SpanSource {
  readonly baseId: string
  readonly traceId: string
  /** As it was recorded: the point that this one is nested in, wherever that is, or the `baseId`. */
  readonly parentId: string | undefined
  /** Whether the point is nested in no other. */
  readonly isTop: boolean
  /** Without `-start` and `-stop`. */
  readonly name: string
  /** `info` of the start; `undefined` where there is no start. */
  readonly startInfo: unknown
  /** `info` of the stop; `undefined` where there is no stop. */
  readonly stopInfo: unknown
  /** Whether the parent is a point of the same program. */
  readonly hasLocalParent: boolean
  /** In microseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  /** What is odd about the point, in whatever order. */
  readonly marks: readonly string[]
  /** Whether a span of the same id was sent before, when one of the point's records had not come. */
  readonly isUpdate?: boolean | undefined
}
