/** A request to the REST API that Elasticsearch and OpenSearch share. */
export interface SearchRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly querystring?: Readonly<Record<string, string | number | boolean>>
  readonly body?: object
  /** Lines of JSON that are sent instead of `body`. */
  readonly bulkBody?: string
}

/**
 * Options that the clients of Elasticsearch and OpenSearch accept for one request. `requestTimeout` is in milliseconds.
 */
export interface RequestOptions {
  readonly maxRetries?: number
  readonly requestTimeout?: number
  readonly signal?: AbortSignal
}

/** The method for custom requests, which the documentation of both clients describes. */
export interface SearchTransport {
  request(request: SearchRequest, options: RequestOptions): Promise<SearchAnswer>
}

/**
 * An answer with any status. The answer may come from a proxy in front of the server, so the type of `body` is unknown.
 */
export interface SearchAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}
