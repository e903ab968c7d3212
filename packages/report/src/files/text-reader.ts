/** Reads a text in pieces, which may be cut anywhere. */
export interface TextReader<Result> {
  /** @throws SyntaxError, TypeError or RangeError if the text does not have the expected format */
  push(text: string): void
  end(): Result
}
