import { formatCount, formatDuration } from '@osprofiler/report'
import { useEffect, useRef, useState } from 'preact/hooks'
import { MinDurationField } from '../shared/min-duration-field.js'
import { parseDuration } from '../shared/parse-duration.js'
import { serviceColour } from '../shared/service-colour.js'
import { messageOf, showText } from '../shared/show-text.js'
import { Switch } from '../shared/switch.js'
import type { TraceModel } from './model/trace-model.js'
import { openLevels, stepLevel, stepMarked } from './page-shortcuts.js'
import { searchPoints } from './search/search-points.js'
import type { Patch, ViewState } from './view/view-state.js'

interface ToolbarProps {
  readonly model: TraceModel
  readonly state: ViewState
  readonly patch: Patch
  readonly kept: Uint8Array | undefined
  readonly mark: (label: string, points: readonly number[]) => void
  /** Set if the clocks of hosts differ. Times are then shown as recorded, or on one clock. */
  readonly clocks: { readonly asRecorded: boolean; readonly setAsRecorded: (value: boolean) => void } | undefined
}

/** Shows the search and, above the waterfall, the filters. */
export function Toolbar({ model, state, patch, kept, mark, clocks }: ToolbarProps) {
  const { minUs } = state
  const [least, setLeast] = useState(minUs === 0 ? '' : formatDuration(minUs))
  // Going to a point that is filtered out switches the filters off.
  useEffect(() => {
    if (minUs === 0 && parseDuration(least) > 0) setLeast('')
  }, [minUs])
  const found = kept === undefined ? undefined : kept.reduce((sum, value) => sum + (value === 2 ? 1 : 0), 0)
  return (
    <div class="toolbar" role="toolbar" aria-label="Search and filters">
      <SearchField {...{ model, state, patch, mark }} />
      {state.view === 'waterfall' && (
        <>
          <ServiceFilter {...{ model, state, patch }} />
          <Switch isOn={state.onlyFailed} change={onlyFailed => patch({ onlyFailed })}>
            Failed only
          </Switch>
          <MinDurationField
            text={least}
            change={text => {
              setLeast(text)
              patch({ minUs: parseDuration(text) })
            }}
          />
          <Switch isOn={state.critical} change={critical => patch({ critical })}>
            <span class="critical-sample" aria-hidden="true" />
            Critical path
          </Switch>
          {clocks !== undefined && (
            <Switch
              isOn={clocks.asRecorded}
              change={clocks.setAsRecorded}
              title="Without this, times are put on one clock as far as calls between hosts tell"
            >
              Times as recorded
            </Switch>
          )}
          <LevelStepper {...{ model, state, patch }} />
          {found !== undefined && (
            <span class="found" role="status">
              {formatCount(found)} of {formatCount(model.points.length)} points
            </span>
          )}
        </>
      )}
    </div>
  )
}

type SearchProps = Omit<ToolbarProps, 'kept' | 'clocks'>

function SearchField({ model, state: { marked }, patch, mark }: SearchProps) {
  const [text, setText] = useState('')
  const [isPattern, setIsPattern] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const running = useRef(new AbortController())
  const isMine = marked?.label === searchLabel(text, isPattern)

  const search = async (): Promise<void> => {
    running.current.abort()
    running.current = new AbortController()
    const { signal } = running.current
    setProblem(undefined)
    setBusy(text !== '')
    if (text === '') return patch({ marked: undefined })
    try {
      const points = await searchPoints(model, { text, isPattern, signal })
      if (!signal.aborted) mark(searchLabel(text, isPattern), points)
    } catch (error) {
      if (!signal.aborted) setProblem(messageOf(error))
    } finally {
      if (!signal.aborted) setBusy(false)
    }
  }
  // The first run opens the page, and is not a search.
  const opened = useRef(false)
  useEffect(() => {
    if (!opened.current) {
      opened.current = true
      return undefined
    }
    const timer = setTimeout(() => void search(), 250)
    return () => clearTimeout(timer)
  }, [text, isPattern])

  const step = (by: number): void => patch(state => stepMarked(model, state, by))
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape') (event.currentTarget as HTMLInputElement).blur()
    else return
    event.preventDefault()
  }
  return (
    <div class="search" role="search">
      <input
        id="search"
        type="search"
        placeholder="Search  ( / )"
        aria-label="Search points"
        aria-describedby="search-result"
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={event => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button
        type="button"
        class="button pattern"
        aria-pressed={isPattern}
        aria-label="Regular expression"
        title="Regular expression"
        onClick={() => setIsPattern(!isPattern)}
      >
        .*
      </button>
      <SignButton name="Previous match" sign="↑" isOff={!marked?.points.length} press={() => step(-1)} />
      <SignButton name="Next match" sign="↓" isOff={!marked?.points.length} press={() => step(1)} />
      <span id="search-result" class={problem === undefined ? 'search-result' : 'search-result bad'} role="status">
        {problem ?? (busy ? 'Searching ...' : describe(marked, text !== '' && isMine))}
      </span>
    </div>
  )
}

function searchLabel(text: string, isPattern: boolean): string {
  return isPattern ? `/${text}/` : text
}

function describe(marked: ViewState['marked'], isSearch: boolean): string {
  if (marked === undefined) return ''
  if (marked.points.length === 0) return isSearch ? 'No match' : ''
  return `${formatCount(marked.current + 1)} of ${formatCount(marked.points.length)}`
}

function ServiceFilter({ model, state: { hiddenServices }, patch }: Pick<ToolbarProps, 'model' | 'state' | 'patch'>) {
  const toggle = (name: string): void => {
    const hidden = new Set(hiddenServices)
    if (!hidden.delete(name)) hidden.add(name)
    patch({ hiddenServices: hidden })
  }
  return (
    <div class="services" role="group" aria-label="Services">
      {model.services.slice(0, 100).map((name, index) => (
        <button
          key={name}
          type="button"
          class="chip"
          aria-pressed={!hiddenServices.has(name)}
          style={serviceColour(model.colours[index] ?? 0)}
          onClick={() => toggle(name)}
        >
          <span class="swatch" aria-hidden="true" />
          <bdi>{showText(name, 40) || 'no service'}</bdi>
        </button>
      ))}
    </div>
  )
}

function LevelStepper({ model, state, patch }: Pick<ToolbarProps, 'model' | 'state' | 'patch'>) {
  const open = openLevels(model, state.collapsed)
  const step = (by: number): void => patch(before => stepLevel(model, before, by))
  return (
    <div class="levels" role="group" aria-label="Open levels">
      <span>Levels</span>
      <SignButton name="One level less" sign="−" isOff={open === 0} press={() => step(-1)} />
      <output>{open + 1}</output>
      <SignButton name="One level more" sign="+" isOff={open === model.deepest} press={() => step(1)} />
    </div>
  )
}

interface SignButtonProps {
  readonly name: string
  readonly sign: string
  readonly isOff: boolean
  readonly press: () => void
}

function SignButton({ name, sign, isOff, press }: SignButtonProps) {
  return (
    <button type="button" class="button" aria-label={name} disabled={isOff} onClick={press}>
      <span aria-hidden="true">{sign}</span>
    </button>
  )
}
