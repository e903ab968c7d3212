import fc from 'fast-check'

// Property tests use the same seed in each run, so that their result does not depend on luck. To try other values, set
// another seed: OSPROFILER_TEST_SEED=$RANDOM npx vitest run packages/core
fc.configureGlobal({ seed: Number(process.env.OSPROFILER_TEST_SEED ?? 20_261_122) })
