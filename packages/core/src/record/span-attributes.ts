import { type AttributeValue, attributeText, attributeValue } from './attribute-value.js'

/** Attributes of a span. */
export type SpanAttributes = Readonly<Record<string, AttributeValue>>

// Keeps a span and its exception below 1 MB, the default limit of proxies. JSON uses six bytes for a control character.
const MAX_TOTAL_CHARS = 120_000
const MAX_NAME_CHARS = 1_000

/** A list of a span's attributes. An attribute is dropped if the list would otherwise exceed its maximum size. */
export class AttributeList {
  readonly #values: Record<string, AttributeValue> = {}
  #dropped = 0
  #characters = 0

  get values(): SpanAttributes {
    return this.#values
  }

  get dropped(): number {
    return this.#dropped
  }

  get characters(): number {
    return this.#characters
  }

  /** Adds an attribute, unless the value is null or undefined. */
  set(name: string, value: unknown): void {
    const shown = attributeValue(value)
    if (shown === undefined) return
    const key = name.length > MAX_NAME_CHARS ? attributeText(name.slice(0, MAX_NAME_CHARS)) : name.toWellFormed()
    const size = key.length + (typeof shown === 'string' ? shown.length : 0)
    if (this.#characters + size > MAX_TOTAL_CHARS) this.#dropped++
    else {
      this.#characters += size
      this.#values[key] = shown
    }
  }

  drop(count: number): void {
    this.#dropped += count
  }
}
