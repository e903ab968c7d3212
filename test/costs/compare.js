/**
 * If a result exceeds its recorded figure by more than this share, the check fails. If it is lower by more than this
 * share, the figure should be lowered.
 */
const TOLERANCE_SHARE = 0.03

/**
 * Compares results with the figures in one unit (`bytes` or `instructions`). Returns `faults`, which fail the check,
 * and `hints`.
 *
 * @param figures the recorded amounts, by workload name
 * @param measured the amounts in this run
 */
export function compareWithFigures(unit, figures, measured) {
  const faults = []
  const hints = []
  for (const [name, amount] of Object.entries(measured)) {
    const figure = figures[name]
    if (figure === undefined)
      faults.push(`"${name}" has no figure for its ${unit}. ${adviseUpdate('Write the figure')}`)
    else if (amount > figure * (1 + TOLERANCE_SHARE))
      faults.push(
        `${describeDifference(unit, name, figure, amount)} ${adviseUpdate('If you accept this, raise the figure')}`,
      )
    else if (amount < figure * (1 - TOLERANCE_SHARE))
      hints.push(`${describeDifference(unit, name, figure, amount)} ${adviseUpdate('Lower the figure')}`)
  }
  for (const name of Object.keys(figures)) {
    if (measured[name] === undefined)
      faults.push(`"${name}" has a figure for its ${unit}, but is not a workload. ${adviseUpdate('Remove the figure')}`)
  }
  return { faults, hints }
}

function describeDifference(unit, name, figure, amount) {
  const share = Math.abs(amount / figure - 1) * 100
  const side = amount > figure ? 'above' : 'below'
  return `"${name}" takes ${amount} ${unit}, ${share.toFixed(1)} % ${side} the figure of ${figure}.`
}

function adviseUpdate(what) {
  return `${what} with: node test/costs/run.js --update`
}
