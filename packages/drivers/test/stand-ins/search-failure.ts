/** An error that Elasticsearch or OpenSearch returns for a refused request. */
export class SearchRefusal extends Error {
  readonly status: number
  readonly type: string

  constructor(status: number, type: string, reason: string) {
    super(reason)
    this.status = status
    this.type = type
  }

  get body(): object {
    return { error: { type: this.type, reason: this.message }, status: this.status }
  }
}
