/** The words of a report, for who reads no statistics every day. */
export const definitions: readonly (readonly [word: string, meaning: string])[] = [
  [
    'Unit',
    'What keeps its version: the customer, document or session that the caller names with a call, else the session, else the call by itself. Units are compared, not calls: the calls of one unit are alike and would pretend to know more.',
  ],
  [
    'Interval',
    'Where the true difference lies. It holds at all looks at once with at least the probability that is told, so looking often costs nothing, and a decision may be taken at any of them.',
  ],
  ['Look', 'One analysis of all evidence so far. The chart shows the interval as it was at each.'],
  [
    'Success metric, guardrail',
    'What the candidate shall improve; and what it must not harm by more than the margin. "Not shown harmful" is no proof of being harmless.',
  ],
  [
    'Points',
    'Percentage points: from 90 % to 92 % is +2 points. A change in % is relative: from 100 ms to 110 ms is +10 %.',
  ],
  [
    'Attribution window',
    'How long after its first call a unit’s calls and feedback count. Then its values are frozen; a unit is compared only when they are.',
  ],
  [
    'Epoch',
    'A span with unchanged shares. Epochs are analysed apart and combined, as pooling them could turn the result round.',
  ],
  [
    'Sample-ratio check',
    'Whether the arms got as many units as they were to get. If not, calls or records were lost on one side, and no comparison can be trusted: the experiment pauses.',
  ],
  ['p', 'How surprising that would be if all were well. It, too, may be looked at any number of times.'],
]
