/** A request of the REST API that Elasticsearch and OpenSearch share. */
export interface SearchRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly querystring?: Readonly<Record<string, string | number | boolean>>
  readonly body?: object
  /** Lines of JSON, in place of `body`. */
  readonly bulkBody?: string
}

export interface RequestOptions {
  readonly maxRetries?: number
  readonly requestTimeout?: number
  readonly signal?: AbortSignal
}

/** What both clients have, as their own documentation has it for requests of one's own. */
export interface SearchTransport {
  request(request: SearchRequest, options: RequestOptions): Promise<SearchAnswer>
}

export interface SearchAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}
