import { parseJson } from '@osprofiler/core/json'
import { Reflect } from '@osprofiler/core/toolkit'

interface Serializer {
  deserialize(json: string): unknown
}

/** Makes a client read numbers as stored. Its own parser rounds integers beyond 2 ** 53, and does not know `1.0`. */
export function readExactly(serializer: Serializer): void {
  const { deserialize } = serializer
  serializer.deserialize = json => {
    try {
      return parseJson(json)
    } catch {
      // The client has an error of its own for an answer that is not JSON.
      return Reflect.apply(deserialize, serializer, [json])
    }
  }
}
