import { formatCount, formatDuration } from '@osprofiler/report'
import { useEffect, useRef, useState } from 'preact/hooks'
import { MinDurationField } from '../shared/min-duration-field.js'
import { parseDuration } from '../shared/parse-duration.js'
import { serviceColourStyle } from '../shared/service-colour.js'
import { messageOf, showText } from '../shared/show-text.js'
import { Switch } from '../shared/switch.js'
import type { TraceModel } from './model/trace-model.js'
import { changeLevel, countOpenLevels, selectMarked } from './page-shortcuts.js'
import { searchPoints } from './search/search-points.js'
import type { Patch, ViewState } from './view/view-state.js'

interface ToolbarProps {
  readonly model: TraceModel
  readonly state: ViewState
  readonly patch: Patch
  readonly kept: Uint8Array | undefined
  readonly mark: (label: string, points: readonly number[]) => void
  /**
   * Set if the hosts' clocks differ. The user can then choose whether to show the recorded times or the times on one
   * clock.
   */
  readonly clocks: { readonly asRecorded: boolean; readonly setAsRecorded: (value: boolean) => void } | undefined
}

/** Shows the search and, above the waterfall, the filters. */
export function Toolbar({ model, state, patch, kept, mark, clocks }: ToolbarProps) {
  const { minUs } = state
  const [minDurationText, setMinDurationText] = useState(minUs === 0 ? '' : formatDuration(minUs))
  // Going to a point that is filtered out turns off the filters, so the field for the minimum duration is cleared too.
  useEffect(() => {
    if (minUs === 0 && parseDuration(minDurationText) > 0) setMinDurationText('')
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
            text={minDurationText}
            change={text => {
              setMinDurationText(text)
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
              title="If this is off, times are corrected to one clock, as far as calls between hosts allow"
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
  const isFromSearch = marked?.label === createSearchLabel(text, isPattern)

  const search = async (): Promise<void> => {
    running.current.abort()
    running.current = new AbortController()
    const { signal } = running.current
    setProblem(undefined)
    setBusy(text !== '')
    if (text === '') return patch({ marked: undefined })
    try {
      const points = await searchPoints(model, { text, isPattern, signal })
      if (!signal.aborted) mark(createSearchLabel(text, isPattern), points)
    } catch (error) {
      if (!signal.aborted) setProblem(messageOf(error))
    } finally {
      if (!signal.aborted) setBusy(false)
    }
  }
  // The effect also runs when the page is opened, which is not a search.
  const opened = useRef(false)
  useEffect(() => {
    if (!opened.current) {
      opened.current = true
      return undefined
    }
    const timer = setTimeout(() => void search(), 250)
    return () => clearTimeout(timer)
  }, [text, isPattern])

  const step = (by: number): void => patch(state => selectMarked(model, state, by))
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
      <IconButton name="Previous match" icon="↑" isDisabled={!marked?.points.length} press={() => step(-1)} />
      <IconButton name="Next match" icon="↓" isDisabled={!marked?.points.length} press={() => step(1)} />
      <span id="search-result" class={problem === undefined ? 'search-result' : 'search-result bad'} role="status">
        {problem ?? (busy ? 'Searching ...' : describeMatches(marked, text !== '' && isFromSearch))}
      </span>
    </div>
  )
}

function createSearchLabel(text: string, isPattern: boolean): string {
  return isPattern ? `/${text}/` : text
}

function describeMatches(marked: ViewState['marked'], isSearch: boolean): string {
  if (marked === undefined) return ''
  if (marked.points.length === 0) return isSearch ? 'No matches' : ''
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
          style={serviceColourStyle(model.colours[index] ?? 0)}
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
  const open = countOpenLevels(model, state.collapsed)
  const step = (by: number): void => patch(before => changeLevel(model, before, by))
  return (
    <div class="levels" role="group" aria-label="Open levels">
      <span>Levels</span>
      <IconButton name="Fewer levels" icon="−" isDisabled={open === 0} press={() => step(-1)} />
      <output>{open + 1}</output>
      <IconButton name="More levels" icon="+" isDisabled={open === model.deepest} press={() => step(1)} />
    </div>
  )
}

interface IconButtonProps {
  readonly name: string
  readonly icon: string
  readonly isDisabled: boolean
  readonly press: () => void
}

function IconButton({ name, icon, isDisabled, press }: IconButtonProps) {
  return (
    <button type="button" class="button" aria-label={name} disabled={isDisabled} onClick={press}>
      <span aria-hidden="true">{icon}</span>
    </button>
  )
}
