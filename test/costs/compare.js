/**
 * The largest share by which a result may exceed its figure. If a result is lower than its figure by this share, the
 * figure should be lowered.
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
    if (figure === undefined) faults.push(`"${name}" has no figure for its ${unit}. ${adviseUpdate('Write')}`)
    else if (amount > figure * (1 + TOLERANCE_SHARE))
      faults.push(`${describeDifference(unit, name, figure, amount)} ${adviseUpdate('If this is intended, raise')}`)
    else if (amount < figure * (1 - TOLERANCE_SHARE))
      hints.push(`${describeDifference(unit, name, figure, amount)} ${adviseUpdate('Lower')}`)
  }
  for (const name of Object.keys(figures)) {
    if (measured[name] === undefined)
      faults.push(`"${name}" has a figure for its ${unit}, but is not a workload. ${adviseUpdate('Remove')}`)
  }
  return { faults, hints }
}

function describeDifference(unit, name, figure, amount) {
  const share = Math.abs(amount / figure - 1) * 100
  const side = amount > figure ? 'above' : 'below'
  return `"${name}" takes ${amount} ${unit}, ${share.toFixed(1)} % ${side} the figure of ${figure}.`
}

function adviseUpdate(action) {
  return `${action} the figure: node test/costs/run.js --update`
}
