/** Reads a text that comes in pieces, cut anywhere. */
export interface TextReader<Result> {
  /** @throws SyntaxError, TypeError or RangeError if the text has another format than expected */
  push(text: string): void
  end(): Result
}
