import { parseJson } from '@osprofiler/core/json'
import { Reflect } from '@osprofiler/core/toolkit'

/** What a client of Elasticsearch or OpenSearch reads an answer with. */
interface Serializer {
  deserialize(json: string): unknown
}

/** Has a client read numbers as they are stored: its own parser rounds integers beyond 2 ** 53, and knows no `1.0`. */
export function readExactly(serializer: Serializer): void {
  const { deserialize } = serializer
  serializer.deserialize = json => {
    try {
      return parseJson(json)
    } catch {
      // The client has an error of its own for an answer that is no JSON.
      return Reflect.apply(deserialize, serializer, [json])
    }
  }
}
