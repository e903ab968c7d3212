import fc from 'fast-check'

// Properties are tried on the same values each time: whether a change may land is not a matter of luck. Another seed
// searches elsewhere: OSPROFILER_TEST_SEED=$RANDOM npx vitest run packages/core
fc.configureGlobal({ seed: Number(process.env.OSPROFILER_TEST_SEED ?? 20_261_122) })
