import { type AttributeValue, attributeText, attributeValue } from './attribute-value.js'

/** Attributes of a span. */
export type SpanAttributes = Readonly<Record<string, AttributeValue>>

/** Attributes while they are gathered. */
export interface AttributeList {
  readonly values: SpanAttributes
  /** How many had no room. */
  readonly dropped: number
  /** How many characters they have together. */
  readonly characters: number
  /** Adds an attribute, unless the value is null or nothing. */
  set(name: string, value: unknown): void
  /** Counts what has no room. */
  drop(count: number): void
}

/**
 * In either encoding, so many characters and an exception stay below 1 MB, the most that a proxy takes by default: JSON has
 * six bytes for a control character.
 */
const MAX_CHARACTERS = 120_000
const MAX_NAME = 1_000

/** Gathers the attributes of one span. What comes first has the room. */
export function createAttributeList(): AttributeList {
  const values: Record<string, AttributeValue> = {}
  let dropped = 0
  let characters = 0
  return {
    values,
    get dropped() {
      return dropped
    },
    get characters() {
      return characters
    },
    set(name, value) {
      const shown = attributeValue(value)
      if (shown === undefined) return
      const key = name.length > MAX_NAME ? attributeText(name.slice(0, MAX_NAME)) : name.toWellFormed()
      const size = key.length + (typeof shown === 'string' ? shown.length : 0)
      if (characters + size > MAX_CHARACTERS) dropped++
      else {
        characters += size
        values[key] = shown
      }
    },
    drop(count) {
      dropped += count
    },
  }
}
