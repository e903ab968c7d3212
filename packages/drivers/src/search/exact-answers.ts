import { parseJson } from '@osprofiler/core/json'
import { Reflect } from '@osprofiler/core/toolkit'

interface Serializer {
  deserialize(json: string): unknown
}

/**
 * Makes a client read numbers exactly as they are stored. The client's own parser rounds integers beyond 2 ** 53, and
 * turns `1.0` into `1`.
 */
export function readExactly(serializer: Serializer): void {
  const { deserialize } = serializer
  serializer.deserialize = json => {
    try {
      return parseJson(json)
    } catch {
      // For an answer that is not JSON, the client's own parser reports the error.
      return Reflect.apply(deserialize, serializer, [json])
    }
  }
}
