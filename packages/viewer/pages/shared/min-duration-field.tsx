import { DURATION_ADVICE, isInvalidDuration } from './parse-duration.js'

interface MinDurationFieldProps {
  readonly text: string
  readonly change: (text: string) => void
}

/** Shows the field for the minimum duration. Marks invalid input, because the filter is off for such input. */
export function MinDurationField({ text, change }: MinDurationFieldProps) {
  const isWrong = isInvalidDuration(text)
  return (
    <span class="least">
      <label for="least">At least</label>
      <input
        id="least"
        type="text"
        inputMode="decimal"
        size={6}
        placeholder="0 ms"
        autocomplete="off"
        aria-label="At least: minimum duration, in milliseconds or with a unit"
        aria-invalid={isWrong}
        aria-describedby="least-problem"
        value={text}
        onInput={event => change(event.currentTarget.value)}
      />
      <span id="least-problem" class="bad" role="status">
        {isWrong && `${DURATION_ADVICE} This filter is off.`}
      </span>
    </span>
  )
}
