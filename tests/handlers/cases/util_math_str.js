import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  const drawn = util.math.randomWithinRange(3, 5);
  const double = util.math.randomDouble();
  return ctx.events.map(({ id, payload }) => ({
    id,
    payload: {
      round: [util.math.roundNum(2.5), util.math.roundNum(-2.5), util.math.roundNum(1.4)],
      bounds: [util.math.minVal(1, 2), util.math.maxVal(1, 2)],
      random: [double >= 0 && double < 1, drawn >= 3 && drawn <= 5 && drawn === util.math.roundNum(drawn)],
      forms: [util.str.normalize(payload, 'nfc').length, util.str.normalize(payload, 'nfd').length, util.str.normalize(payload, 'nfkc').length, util.str.normalize(payload, 'nfkd').length],
      matches: [util.matches('^a.c$', 'abc'), util.matches('b', 'abc'), util.matches('\\d', 'abc'), util.matches('(?i)ABC', 'abc'), util.matches('^[\\p{L}-]+$', 'é-à')],
    },
  }));
}
