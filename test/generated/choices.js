import fc from 'fast-check'

/**
 * Creates a program's choices. fast-check shrinks each choice towards its first option, so the simplest option comes
 * first.
 */
export function createChoices(generate) {
  const below = count => generate(fc.nat, { max: count - 1 })

  /** Chooses one of the strings. An option that is a function creates its string only when it is chosen. */
  function one(...options) {
    const option = options[below(options.length)]
    return typeof option === 'function' ? option() : option
  }

  return {
    below,
    one,
    maybe: option => one('', option),
    /** Chooses between `least` and `most` strings. */
    some(least, most, make) {
      const texts = []
      for (let left = least + below(most - least + 1); left > 0; left--) texts.push(make())
      return texts
    },
  }
}
