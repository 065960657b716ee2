import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { controllerActor } from './made-change.ts'
import { callOf, ExperimentWorld, name, secondMs, storeDown } from './testing/experiment-world.ts'

/** Ten seconds with so many units an arm, of which so many of a hundred are right. */
function pass(
  world: ExperimentWorld,
  right: { readonly control: number; readonly candidate: number },
  units = 50,
): void {
  world.add('1.0', units, Math.round((units * right.control) / 100))
  world.add('1.1', units, Math.round((units * right.candidate) / 100))
  world.now += 10 * secondMs
}

const better = { control: 70, candidate: 98 }
const worse = { control: 98, candidate: 70 }
const alike = { control: 90, candidate: 90 }

/** Turns until it is decided; how many it took. */
async function decided(world: ExperimentWorld, right = better, turnsMax = 100, units = 50): Promise<number> {
  const controller = world.controller()
  for (let turns = 1; turns <= turnsMax; turns++) {
    pass(world, right, units)
    await controller.turn()
    if (world.status !== 'running') return turns
  }
  return turnsMax
}

describe('a controller', () => {
  it('promotes a candidate that is shown better, once, not before the minimal duration, and says why', async () => {
    const world = new ExperimentWorld()
    const turns = await decided(world)
    assert.ok(turns >= 3, `${turns}`)
    const { status, winner, reason, by } = world.experiment.progress
    assert.deepEqual([status, winner, by], ['promoted', '1.1', controllerActor])
    assert.match(reason ?? '', /^1\.1 is better than 1\.0: correct \+.* Promoted at 12:0\d\.$/)
    assert.deepEqual(world.state.models.spam?.contracts['1']?.weights, { '1.1': 100 })
    assert.deepEqual(
      world.made.map(({ change }) => change.action),
      ['promote'],
    )
    const again = world.controller()
    await again.turn()
    assert.equal(world.made.length, 1)
    assert.deepEqual(world.faults, [])
  })

  it('rolls back a candidate that is shown worse, however early', async () => {
    const world = new ExperimentWorld()
    await decided(world, worse)
    assert.equal(world.status, 'rolled_back')
    assert.match(world.experiment.progress.reason ?? '', /^1\.1 is worse than 1\.0: .* Rolled back at /)
    assert.deepEqual(world.state.models.spam?.contracts['1']?.weights, { '1.0': 100 })
  })

  it('ends what nothing shows after the maximal duration', async () => {
    const world = new ExperimentWorld()
    await decided(world, alike, 400, 1)
    assert.equal(world.status, 'inconclusive')
    assert.equal(world.now - (world.experiment.progress.startedAt ?? 0), 3600 * secondMs)
  })

  it('pauses where the arms did not get the units that were declared, even if it only advises', async () => {
    for (const rule of ['automatic', 'advise'] as const) {
      const world = new ExperimentWorld({ rule })
      world.add('1.0', 700, 600)
      world.add('1.1', 300, 260)
      world.now += 10 * secondMs
      const controller = world.controller()
      await controller.turn()
      assert.equal(world.status, 'paused')
      assert.match(world.experiment.progress.reason ?? '', /the arms got 700 \(1\.0\) and 300 \(1\.1\) units/)
      // Whoever looks into it decides; it does not end by itself meanwhile.
      world.now += 7200 * secondMs
      await controller.turn()
      assert.equal(world.status, 'paused')
    }
  })

  it('moves no traffic where it only advises, and tells its advice once', async () => {
    const world = new ExperimentWorld({ rule: 'advise' })
    const controller = world.controller()
    for (let turn = 0; turn < 20; turn++) {
      pass(world, better)
      await controller.turn()
    }
    assert.deepEqual([world.status, world.made.length], ['running', 0])
    assert.equal(world.advice.length, 1)
    assert.match(world.advice[0] ?? '', /Advice: promote 1\.1\.$/)
  })

  it('goes up the ramp by running time, and no further while something speaks against a candidate', async () => {
    const ramp = [{ coverage: 0.1, forMs: 60 * secondMs }, { coverage: 0.5, forMs: 60 * secondMs }, { coverage: 1 }]
    const world = new ExperimentWorld({ ramp })
    const controller = world.controller()
    const steps: number[] = []
    for (let turn = 0; turn < 15; turn++) {
      pass(world, alike, 5)
      await controller.turn()
      steps.push(world.experiment.progress.step)
    }
    assert.deepEqual(steps, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2])
    assert.deepEqual(world.state.models.spam?.contracts['1']?.weights, { '1.0': 50, '1.1': 50 })

    const advising = new ExperimentWorld({ ramp, rule: 'advise' })
    const adviser = advising.controller()
    for (let turn = 0; turn < 15; turn++) {
      pass(advising, worse)
      await adviser.turn()
    }
    assert.equal(advising.experiment.progress.step, 0)
  })

  it('goes up the ramp step by step after it was down, each lasting its own time under its eyes', async () => {
    const ramp = [{ coverage: 0.01, forMs: 60 * secondMs }, { coverage: 0.1, forMs: 60 * secondMs }, { coverage: 1 }]
    const world = new ExperimentWorld({ ramp, attributionMs: 3600 * secondMs })
    world.now += 600 * secondMs
    const steps: number[] = []
    const controller = world.controller()
    for (let turn = 0; turn < 11; turn++) {
      await controller.turn()
      steps.push(world.experiment.progress.step)
      world.now += 10 * secondMs
    }
    // Of the ten minutes three turns count.
    assert.deepEqual(steps, [0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2])
  })

  it('rolls a candidate back that is shown worse in a pause, but promotes none there and only where it is automatic', async () => {
    for (const [rule, right, status] of [
      ['automatic', worse, 'rolled_back'],
      ['advise', worse, 'paused'],
      ['automatic', better, 'paused'],
    ] as const) {
      const world = new ExperimentWorld({ rule })
      const controller = world.controller()
      for (let turn = 0; turn < 6; turn++) pass(world, right)
      world.change({ action: 'pause', reason: 'somebody looks' })
      await controller.turn()
      assert.equal(world.status, status, rule)
    }
  })

  it('tells once that the control fails, and moves nothing to it', async () => {
    const world = new ExperimentWorld()
    const recentFailures = Array.from({ length: 20 }, () => true)
    const failing = { calls: 20, serverErrors: 20, recentFailures }
    world.circuit = { '1.0': failing, '1.1': failing }
    const controller = world.controller()
    for (let turn = 0; turn < 400; turn++) {
      world.now += 10 * secondMs
      await controller.turn()
    }
    assert.deepEqual([world.status, world.advice.length], ['running', 1])
    assert.match(world.advice[0] ?? '', /1\.0 fails itself \(20 of its last 20 calls\), so no traffic is moved to it/)
  })

  it('lets shares follow what is seen where that is declared, no sooner than asked and only for enough', async () => {
    const allocation = { method: 'thompson', everyMs: 20 * secondMs, least: 0.2 } as const
    const world = new ExperimentWorld({ allocation, rule: 'advise' })
    const controller = world.controller()
    const shares = () => world.experiment.progress.epochs.map((epoch) => epoch.shares['1.1'])
    const turn = async (right: { readonly control: number; readonly candidate: number }) => {
      const { '1.0': control = 0, '1.1': candidate = 0 } = world.experiment.progress.epochs.at(-1)?.shares ?? {}
      world.add('1.0', Math.round(100 * control), Math.round(control * right.control))
      world.add('1.1', Math.round(100 * candidate), Math.round(candidate * right.candidate))
      world.now += 10 * secondMs
      await controller.turn()
    }
    await turn(better)
    assert.deepEqual(shares(), [0.5], 'too soon')
    await turn(better)
    assert.deepEqual(shares(), [0.5, 0.8])
    const { reason, by } = world.experiment.progress
    assert.deepEqual([reason, by], ['Shares follow what is seen of correct: 1.0: 20 %, 1.1: 80 %.', controllerActor])
    assert.deepEqual(world.state.models.spam?.contracts['1']?.weights, { '1.0': 20, '1.1': 80 })
    for (let n = 0; n < 10; n++) await turn(better)
    assert.deepEqual(shares(), [0.5, 0.8], 'nothing else is seen')
    assert.deepEqual([world.status, world.faults], ['running', []])
    assert.match(world.advice[0] ?? '', /Advice: promote 1\.1\.$/)
  })

  for (const least of [0.0004, 0.0124]) {
    it(`leaves no arm less than its least share, which may be ${least}`, async () => {
      const allocation = { method: 'thompson', everyMs: 20 * secondMs, least } as const
      const world = new ExperimentWorld({ allocation, rule: 'advise' })
      const controller = world.controller()
      for (let turn = 0; turn < 2; turn++) {
        world.add('1.0', 60, 1)
        world.add('1.1', 60, 59)
        world.now += 10 * secondMs
        await controller.turn()
      }
      assert.deepEqual([world.status, world.faults], ['running', []])
      const [, followed] = world.experiment.progress.epochs
      assert.equal(followed?.shares['1.0'], least)
    })
  }

  it('lets a candidate that is worse go while the others go on', async () => {
    const shares = { '1.0': 1, '1.1': 1, '0.9': 1 }
    const world = new ExperimentWorld({ candidates: ['1.1', '0.9'], shares })
    const controller = world.controller()
    for (let turn = 0; turn < 4; turn++) {
      pass(world, alike, 100)
      world.units.push(
        ...Array.from({ length: 100 }, (_, i) => ({ arm: '0.9', at: world.now - 10 * secondMs, right: i < 40 })),
      )
      await controller.turn()
      if (world.made.length > 0) break
    }
    assert.deepEqual([world.status, world.made[0]?.change.action], ['running', 'reshare'])
    assert.deepEqual(world.experiment.progress.epochs.at(-1)?.shares, { '1.0': 0.5, '1.1': 0.5 })
    assert.match(world.experiment.progress.reason ?? '', /^0\.9 is worse than 1\.0/)
    const before = world.made.length
    pass(world, alike, 100)
    await controller.turn()
    assert.equal(world.made.length, before, 'it left once')
  })

  it('takes a failing candidate out before it pauses, as whoever is paused keeps its traffic', async () => {
    const shares = { '1.0': 1, '1.1': 1, '0.9': 1 }
    const world = new ExperimentWorld({ candidates: ['1.1', '0.9'], shares })
    const recentFailures = Array.from({ length: 20 }, () => true)
    world.circuit = { '0.9': { calls: 20, serverErrors: 20, recentFailures } }
    world.add('1.0', 900, 800)
    world.add('1.1', 300, 260)
    world.now += 10 * secondMs
    const controller = world.controller()
    await controller.turn()
    await controller.turn()
    assert.deepEqual(
      world.made.map(({ change }) => change.action),
      ['reshare', 'pause'],
    )
    assert.match(world.experiment.progress.reason ?? '', /^The comparison of 1\.1 with 1\.0 can't be trusted/)
  })
})

describe('the circuit', () => {
  it('breaks at the tenth failure of the last twenty calls, without a turn and without the store', async () => {
    const world = new ExperimentWorld()
    world.meddle = (what) => (what === 'evidence' || what === 'setting' ? storeDown() : undefined)
    const controller = world.controller()
    for (let call = 1; call <= 9; call++) controller.note(callOf('1.1', 'upstream_failed'))
    await settled()
    assert.equal(world.status, 'running')
    controller.note(callOf('1.1', 'upstream_failed'))
    await settled()
    assert.equal(world.status, 'rolled_back')
    assert.equal(world.made.length, 1)
    assert.match(
      world.experiment.progress.reason ?? '',
      /^1\.1 fails: 10 of its last 10 calls failed\. Rolled back at /,
    )
    assert.equal(world.reads, 0)
  })

  it('is not broken by what is no fault of the arm, nor by the control', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    for (let call = 0; call < 50; call++) {
      for (const code of ['invalid_input', 'cancelled', 'rate_limited', 'budget_exhausted', 'internal'] as const) {
        controller.note(callOf('1.1', code))
      }
      controller.note(callOf('1.0', 'upstream_failed'))
    }
    await settled()
    assert.equal(world.status, 'running')
  })

  it('breaks in a pause, too, by calls that are no evidence', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    world.change({ action: 'pause', reason: 'somebody looks' })
    controller.follow()
    const { model, major } = world.experiment
    const unenrolled = {
      model,
      major,
      assignReason: 'experiment',
      versionAssigned: '1.1',
      enrolment: undefined,
    } as const
    for (let call = 0; call < 10; call++) {
      controller.note({ ...callOf('1.1', 'upstream_failed'), ...unenrolled, assignReason: 'pin' })
      controller.note({ ...callOf('1.1', 'upstream_failed'), ...unenrolled, model: 'another' })
    }
    for (let call = 0; call < 9; call++) controller.note({ ...callOf('1.1', 'upstream_failed'), ...unenrolled })
    await settled()
    assert.equal(world.status, 'paused')
    controller.note({ ...callOf('1.1', 'upstream_failed'), ...unenrolled })
    await settled()
    assert.equal(world.status, 'rolled_back')
  })

  it('does not break while both arms fail, whichever fails first', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    for (let call = 0; call < 20; call++) {
      if (call % 4 === 3) controller.note(callOf('1.0', 'upstream_failed'))
      controller.note(callOf('1.1', 'upstream_failed'))
    }
    await settled()
    assert.equal(world.status, 'running')
  })

  it('breaks at 5 % of at least 200 calls while the control is well, and goes on from what the store knows', async () => {
    const world = new ExperimentWorld()
    const recentFailures = Array.from({ length: 20 }, () => false)
    world.circuit = {
      '1.0': { calls: 400, serverErrors: 0, recentFailures },
      '1.1': { calls: 198, serverErrors: 9, recentFailures },
    }
    const controller = world.controller()
    await controller.prepare()
    controller.note(callOf('1.1'))
    await settled()
    assert.equal(world.status, 'running')
    controller.note(callOf('1.1', 'timeout'))
    await settled()
    assert.equal(world.status, 'rolled_back')
    assert.match(world.experiment.progress.reason ?? '', /5 % of its 200 calls ended with a 5xx/)
  })

  it('counts each call once, whatever the store has of it already', async () => {
    const world = new ExperimentWorld()
    const before = world.experiment.progress
    const controller = world.controller()
    await controller.prepare()
    const failures = (calls: number) => ({
      calls,
      serverErrors: calls,
      recentFailures: Array.from({ length: calls }, () => true),
    })
    for (let call = 1; call <= 9; call++) {
      controller.note(callOf('1.1', 'upstream_failed'))
      await settled()
      world.circuit = { '1.1': failures(call) }
      await controller.turn()
      assert.deepEqual(world.experiment.progress, before, `after ${call} calls`)
    }
  })

  it('only advises where the rule says so', async () => {
    const world = new ExperimentWorld({ rule: 'advise' })
    const controller = world.controller()
    for (let call = 0; call < 20; call++) controller.note(callOf('1.1', 'upstream_failed'))
    await controller.turn()
    assert.deepEqual([world.status, world.advice.length], ['running', 1])
    assert.match(world.advice[0] ?? '', /Advice: roll back 1\.1 now\.$/)
  })

  it('is tried again by the next turn where the change could not be written', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    let tries = 0
    world.meddle = (what) => {
      if (what !== 'change') return
      tries++
      storeDown()
    }
    for (let call = 0; call < 40; call++) {
      controller.note(callOf('1.1', 'upstream_unavailable'))
      await settled()
    }
    assert.deepEqual([tries, world.status, world.faults], [1, 'running', ['the disk is full']])
    world.meddle = () => {}
    await controller.turn()
    assert.equal(world.status, 'rolled_back')
  })
})

describe('what goes wrong', () => {
  it('while the store is down nothing happens, and it is told', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    for (const what of ['evidence', 'circuit', 'setting', 'saveSetting', 'change'] as const) {
      world.meddle = (now) => (now === what ? storeDown() : undefined)
      for (let turn = 0; turn < 6; turn++) {
        pass(world, better)
        await controller.turn()
      }
      assert.equal(world.status, 'running', what)
      assert.equal(controller.facts().evaluations.get(name)?.fault, 'the disk is full')
    }
    world.meddle = () => {}
    await controller.turn()
    assert.equal(world.status, 'promoted')
  })

  it('a slow store skips turns: one goes on at a time', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    const slow = Promise.withResolvers<void>()
    world.meddle = (what) => (what === 'evidence' ? slow.promise : undefined)
    const turns = [controller.turn(), controller.turn(), controller.turn()]
    await settled()
    assert.deepEqual([world.reads, controller.facts().skipped], [1, 2])
    slow.resolve()
    await Promise.all(turns)
    await controller.turn()
    assert.equal(world.reads, 2)
  })

  it('what takes long to read is read less often', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    world.meddle = (what) => {
      if (what === 'evidence') world.now += 20 * secondMs
    }
    for (let turn = 0; turn < 20; turn++) {
      world.now += 10 * secondMs
      await controller.turn()
    }
    assert.ok(world.reads >= 2 && world.reads <= 4, `${world.reads} reads in 20 turns`)
  })

  it('of two controllers on one store one decides', async () => {
    const world = new ExperimentWorld()
    const both = [world.controller(), world.controller()]
    for (let turn = 0; turn < 100 && world.status === 'running'; turn++) {
      pass(world, better)
      await Promise.all(both.map((controller) => controller.turn()))
    }
    assert.equal(world.status, 'promoted')
    assert.equal(world.made.length, 1)
    assert.deepEqual(world.faults, [])
  })

  it('what it decided on a catalog that was changed meanwhile is decided anew', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    for (let turn = 0; turn < 4; turn++) pass(world, better, 300)
    world.meddle = (what) => {
      if (what === 'saveSetting' && world.status === 'running')
        world.change({ action: 'pause', reason: 'somebody looks' })
    }
    await controller.turn()
    assert.deepEqual([world.status, world.made.length, world.faults], ['paused', 0, []])
  })

  it('a clock that is set back ends nothing and breaks nothing', async () => {
    const world = new ExperimentWorld()
    const controller = world.controller()
    for (let turn = 0; turn < 3; turn++) {
      pass(world, alike)
      await controller.turn()
    }
    world.now -= 86_400 * secondMs
    await controller.turn()
    pass(world, alike)
    await controller.turn()
    assert.deepEqual([world.status, world.faults], ['running', []])
  })

  it('killed and started again at any time, it ends as one that was left alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.array(fc.constantFrom('no', 'between'), { minLength: 60, maxLength: 60 }),
          fc.array(fc.constantFrom('no', 'between', 'reading', 'saving', 'deciding'), { minLength: 60, maxLength: 60 }),
        ),
        fc.constantFrom(better, worse, { control: 80, candidate: 88 }),
        async (kills, right) => {
          const alone = new ExperimentWorld()
          const untouched = alone.controller()
          const world = new ExperimentWorld()
          let controller = world.controller()
          let late = 0
          for (const kill of kills) {
            if (alone.status === 'running') {
              pass(alone, right)
              await untouched.turn()
            }
            if (world.status !== 'running') continue
            pass(world, right)
            const at = { no: '', between: '', reading: 'evidence', saving: 'saveSetting', deciding: 'change' }[kill]
            world.meddle = (what) => (what === at ? storeDown() : undefined)
            await controller.turn()
            if (kill !== 'no') controller = world.controller()
            if (at !== '' && world.status === 'running') late++
          }
          world.meddle = () => {}
          for (let turn = 0; turn < 60 && world.status !== alone.status && world.status === 'running'; turn++) {
            pass(world, right)
            await controller.turn()
          }
          assert.deepEqual([world.status, world.made.length], [alone.status, alone.made.length])
          // Nothing was lost of what was seen: where no turn was, the very same is said.
          if (late === 0) assert.equal(world.experiment.progress.reason, alone.experiment.progress.reason)
        },
      ),
      { numRuns: 30 },
    )
  })
})

/** What was begun without being waited for is done: all of it is memory. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
