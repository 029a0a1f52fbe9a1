import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  const { time } = util;
  return ctx.events.map(({ id }) => ({
    id,
    payload: {
      now: [time.nowISO8601(), time.nowEpochMilliSeconds(), time.nowEpochSeconds()],
      nowFormatted: [time.nowFormatted('yyyy-MM-dd HH:mm:ssZ'), time.nowFormatted('yyyy-MM-dd HH:mm:ssZ', '+08:00'), time.nowFormatted("yyyy-MM-dd'T'HH:mm", 'Australia/Perth')],
      iso: time.epochMilliSecondsToISO8601(1517943695758),
      seconds: time.epochMilliSecondsToSeconds(1517943695758),
      formatted: [
        time.epochMilliSecondsToFormatted(1517943695758, 'yyyy-MM-dd HH:mm:ssZ'),
        time.epochMilliSecondsToFormatted(1517943695758, 'yyyy-MM-dd HH:mm:ssZ', '+08:00'),
        time.epochMilliSecondsToFormatted(1517943695758, 'EEE, d MMM yyyy h:mm a', 'Australia/Perth'),
        time.epochMilliSecondsToFormatted(1517943695758, 'YYYY-MM-dd HH:mm:ss.SSS'),
        time.epochMilliSecondsToFormatted(1735603200000, 'YYYY/yyyy'),
      ],
      names: [
        time.epochMilliSecondsToFormatted(1530000000000, 'EEE, dd MMM yyyy HH:mm:ss z', 'America/New_York'),
        time.epochMilliSecondsToFormatted(1517943695758, 'HH:mm zzz', 'Europe/Berlin'),
        time.epochMilliSecondsToFormatted(1517943695758, 'HH:mm z', 'UTC'),
        time.epochMilliSecondsToFormatted(1517943695758, 'HH:mm z', '+05:30'),
        time.epochMilliSecondsToFormatted(1530000000000, 'Q QQ QQQ, QQQQ G GGGGG W F'),
        time.epochMilliSecondsToFormatted(1530000000000, "h 'o''clock' a[ VV"),
      ],
      parsed: [
        time.parseISO8601ToEpochMilliSeconds('2018-02-01T17:21:05.180+08:00'),
        time.parseFormattedToEpochMilliSeconds('2018-02-02 01:19:22+0800', 'yyyy-MM-dd HH:mm:ssZ'),
        time.parseFormattedToEpochMilliSeconds('2018-02-02 01:19:22', 'yyyy-MM-dd HH:mm:ss', '+08:00'),
        time.parseFormattedToEpochMilliSeconds('2018-02-02+08:00', 'yyyy-MM-dd[XXX]'),
        time.parseFormattedToEpochMilliSeconds('2018-02-02', 'yyyy-MM-dd[XXX]'),
        time.parseISO8601ToEpochMilliSeconds('2018-02-01T17:21:05.180-07:00:30'),
        time.parseFormattedToEpochMilliSeconds('Tue, 26 Jun 2018 04:00:00 EDT', 'EEE, dd MMM yyyy HH:mm:ss z'),
      ],
    },
  }));
}
