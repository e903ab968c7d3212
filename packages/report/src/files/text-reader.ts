/** Reads a text that comes in pieces, cut anywhere. */
export interface TextReader<Result> {
  /** @throws SyntaxError, TypeError or RangeError where the text cannot be what is read */
  push(text: string): void
  end(): Result
}
