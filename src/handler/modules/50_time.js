// util.time: Java's DateTimeFormatter patterns and zone ids (handlers rule 3.4).
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
                'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const DAY_MS = 86400000;
const pad = (number, width) => {
  const digits = String(Math.abs(number)).padStart(width, '0');
  return number < 0 ? `-${digits}` : digits;
};

// Names that people write, which are no zone ids; as Java reads them.
const NAMED = {
  EST: 'America/New_York', EDT: 'America/New_York', CST: 'America/Chicago', CDT: 'America/Chicago',
  MST: 'America/Denver', MDT: 'America/Denver', PST: 'America/Los_Angeles', PDT: 'America/Los_Angeles',
  BST: 'Europe/London', CET: 'Europe/Paris', CEST: 'Europe/Paris', EET: 'Europe/Helsinki',
  EEST: 'Europe/Helsinki', JST: 'Asia/Tokyo', IST: 'Asia/Kolkata',
};

// Seconds east of UTC that a zone id means at an instant; undefined for an unknown zone.
function offsetOf(zone, ms) {
  if (zone === undefined || zone === null) return 0;
  const text = String(zone);
  if (/^(Z|UTC|GMT|UT|Etc\/UTC)$/.test(text)) return 0;
  const fixed = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text);
  if (fixed) {
    const seconds = Number(fixed[2]) * 3600 + Number(fixed[3] || 0) * 60 + Number(fixed[4] || 0);
    return fixed[1] === '-' ? -seconds : seconds;
  }
  return host.zoneOffset(text, ms);
}
function mustOffset(zone, ms) {
  const offset = offsetOf(zone, ms);
  if (offset === undefined) throw new RangeError(`unknown time zone: ${zone}`);
  return offset;
}

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
function daysOf(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return Math.floor(date.getTime() / DAY_MS);
}

// The pattern's elements: {letter, count}, {text}, or {optional: [elements]}.
function parsePattern(pattern) {
  const given = String(pattern);
  let at = 0;
  function sequence(inside) {
    const out = [];
    while (at < given.length) {
      const c = given[at];
      if (c === ']') {
        if (!inside) throw new SyntaxError(`pattern has "]" without "[": ${given}`);
        at += 1;
        return out;
      }
      if (c === '[') {
        at += 1;
        out.push({ optional: sequence(true) });
      } else if (c === "'") {
        let text = '';
        const from = at;
        at += 1;
        while (at < given.length && (given[at] !== "'" || given[at + 1] === "'")) {
          if (given[at] === "'") at += 1;
          text += given[at];
          at += 1;
        }
        if (at >= given.length) throw new SyntaxError(`pattern has a quote without its end: ${given.slice(from)}`);
        at += 1;
        out.push({ text: text === '' ? "'" : text });
      } else if (/[A-Za-z]/.test(c)) {
        let count = 1;
        while (given[at + count] === c) count += 1;
        at += count;
        out.push({ letter: c, count });
      } else if (/[{}#]/.test(c)) {
        throw new SyntaxError(`pattern has a reserved character "${c}": ${given}`);
      } else {
        out.push({ text: c });
        at += 1;
      }
    }
    return out; // the end closes what is open
  }
  return sequence(false);
}

function offsetText(letter, count, offset) {
  if (offset === 0 && letter === 'X') return 'Z';
  if (letter === 'O' || (letter === 'Z' && count === 4)) {
    if (offset === 0) return 'GMT';
    const hours = Math.floor(Math.abs(offset) / 3600);
    const minutes = Math.floor(Math.abs(offset) / 60) % 60;
    const tail = count === 4 || minutes ? `:${pad(minutes, 2)}` : '';
    return `GMT${offset < 0 ? '-' : '+'}${count === 4 ? pad(hours, 2) : hours}${tail}`;
  }
  if (letter === 'Z' && count === 5 && offset === 0) return 'Z';
  const sign = offset < 0 ? '-' : '+';
  const all = Math.abs(offset);
  const hours = pad(Math.floor(all / 3600), 2);
  const minutes = pad(Math.floor(all / 60) % 60, 2);
  const seconds = all % 60;
  const colon = letter === 'Z' ? count === 5 : count === 3 || count === 5;
  let out = sign + hours;
  if (letter !== 'Z' && count === 1) return minutes === '00' ? out : out + minutes;
  out += (colon ? ':' : '') + minutes;
  const withSeconds = letter === 'Z' ? count === 5 : count >= 4;
  if (withSeconds && seconds) out += (colon ? ':' : '') + pad(seconds, 2);
  return out;
}

// Year and number of the week by ISO's or, as Java's root locale has it for YYYY, Sunday's count.
function weekOf(days) {
  const weekday = (((days + 4) % 7) + 7) % 7;  // Sunday 0
  const saturday = days + (6 - weekday);
  const year = new Date(saturday * DAY_MS).getUTCFullYear();
  return { year, week: Math.floor((saturday - daysOf(year, 1, 1)) / 7) + 1, weekday };
}

// "EDT"; of a zone that is an offset, or has no name, the offset.
function nameOf(fields) {
  if (fields.offset === 0 && /^(Z|UTC|GMT)$/.test(fields.zone)) return fields.zone;
  const name = host.zoneName(fields.zone, fields.instant);
  return name !== undefined && /^[A-Z]/.test(name) ? name : offsetText('Z', 5, fields.offset);
}

function formatElement(element, fields) {
  const { letter, count } = element;
  switch (letter) {
    case 'u': case 'y': {
      const year = letter === 'y' && fields.year <= 0 ? 1 - fields.year : fields.year;
      return count === 2 ? pad(((year % 100) + 100) % 100, 2) : pad(year, count);
    }
    case 'Y': {
      const year = weekOf(fields.days).year;
      return count === 2 ? pad(year % 100, 2) : pad(year, count);
    }
    case 'M': case 'L':
      if (count === 3) return MONTHS[fields.month - 1].slice(0, 3);
      if (count === 4) return MONTHS[fields.month - 1];
      if (count === 5) return MONTHS[fields.month - 1][0];
      return pad(fields.month, count);
    case 'd': return pad(fields.day, count);
    case 'D': return pad(fields.days - daysOf(fields.year, 1, 1) + 1, count);
    case 'Q': case 'q': {
      const quarter = Math.floor((fields.month - 1) / 3) + 1;
      if (count === 3) return `Q${quarter}`;
      if (count === 4) return `${quarter}${['st', 'nd', 'rd', 'th'][quarter - 1]} quarter`;
      return pad(quarter, count);
    }
    case 'W': {
      const first = weekOf(fields.days - fields.day + 1).weekday;
      return pad(Math.floor((fields.day + first - 1) / 7) + 1, count);
    }
    case 'F': return pad(((fields.day - 1) % 7) + 1, count);
    case 'w': return pad(weekOf(fields.days).week, count);
    case 'E': case 'e': case 'c': {
      const day = DAYS[weekOf(fields.days).weekday];
      if (letter !== 'E' && count < 3) return pad(weekOf(fields.days).weekday + 1, count);
      return count === 4 ? day : count === 5 ? day[0] : day.slice(0, 3);
    }
    case 'a': return fields.hour < 12 ? 'AM' : 'PM';
    case 'G': {
      const era = fields.year > 0 ? ['AD', 'Anno Domini'] : ['BC', 'Before Christ'];
      return count === 4 ? era[1] : count === 5 ? era[0][0] : era[0];
    }
    case 'H': return pad(fields.hour, count);
    case 'k': return pad(fields.hour === 0 ? 24 : fields.hour, count);
    case 'h': return pad(fields.hour % 12 === 0 ? 12 : fields.hour % 12, count);
    case 'K': return pad(fields.hour % 12, count);
    case 'm': return pad(fields.minute, count);
    case 's': return pad(fields.second, count);
    case 'S': return pad(fields.ms, 3).padEnd(9, '0').slice(0, count);
    case 'A': return pad(fields.msOfDay, count);
    case 'n': return pad(fields.ms * 1000000, count);
    case 'N': return pad(fields.msOfDay * 1000000, count);
    case 'X': case 'x': case 'Z': case 'O': return offsetText(letter, count, fields.offset);
    case 'V': return fields.zone;
    case 'z': return nameOf(fields);
    default: throw new SyntaxError(`unknown pattern letter: ${letter}`);
  }
}

function formatTime(ms, pattern, zone) {
  const offset = mustOffset(zone, ms);
  const local = ms + offset * 1000;
  const date = new Date(local);
  if (Number.isNaN(date.getTime())) throw new RangeError('time is out of range');
  const fields = {
    year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(),
    hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds(),
    ms: date.getUTCMilliseconds(), instant: ms, days: Math.floor(local / DAY_MS), offset,
    zone: zone === undefined || zone === null ? 'Z' : String(zone),
  };
  fields.msOfDay = local - fields.days * DAY_MS;
  const write = (elements) => elements.map((element) => {
    if (element.text !== undefined) return element.text;
    if (element.optional) return write(element.optional);
    return formatElement(element, fields);
  }).join('');
  return write(parsePattern(pattern));
}

// What a pattern letter reads: a regular expression and what to do with the match.
function reader(letter, count, next) {
  const digits = (most) => (next ? new RegExp(`\\d{${count}}`, 'y') : new RegExp(`\\d{${count === 1 ? 1 : count},${most}}`, 'y'));
  const number = (field, most) => [digits(most), (text, into) => { into[field] = Number(text); }];
  const name = (names, field, base) => [new RegExp(names.join('|'), 'y'), (text, into) => {
    into[field] = names.indexOf(text) + base;
  }];
  switch (letter) {
    case 'u': case 'y': case 'Y':
      if (count === 2) return [/\d{2}/y, (text, into) => { into.year = 2000 + Number(text); }];
      return [next ? new RegExp(`-?\\d{${count}}`, 'y') : new RegExp(`[+-]?\\d{${count},9}`, 'y'),
              (text, into) => { into.year = Number(text); }];
    case 'M': case 'L':
      if (count === 3) return name(MONTHS.map((month) => month.slice(0, 3)), 'month', 1);
      if (count === 4) return name(MONTHS, 'month', 1);
      return number('month', 2);
    case 'd': return number('day', 2);
    case 'D': return number('dayOfYear', 3);
    case 'H': return number('hour', 2);
    case 'k': return [digits(2), (text, into) => { into.hour = Number(text) % 24; }];
    case 'h': case 'K': return [digits(2), (text, into) => { into.halfHour = Number(text) % 12; }];
    case 'a': return [/[AaPp][Mm]/y, (text, into) => { into.pm = /^p/i.test(text); }];
    case 'm': return number('minute', 2);
    case 's': return number('second', 2);
    case 'S': return [new RegExp(`\\d{${count}}`, 'y'), (text, into) => {
      into.ms = Number(text.padEnd(3, '0').slice(0, 3));
    }];
    case 'E': return [/[A-Z][a-z]+/y, () => {}];
    case 'X': case 'x': case 'Z':
      return [/Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?/y,
              (text, into) => { into.offset = offsetOf(text, 0); }];
    case 'O': return [/GMT(?:[+-]\d{1,2}(?::\d{2})?)?/y,
                      (text, into) => { into.offset = offsetOf(text, 0); }];
    case 'V': case 'z': return [/[A-Za-z][A-Za-z0-9_+\-/]*|[+-]\d{2}:?\d{2}/y,
                                (text, into) => { into.zone = Object.hasOwn(NAMED, text) ? NAMED[text] : text; }];
    default: throw new SyntaxError(`unknown pattern letter: ${letter}`);
  }
}

function parseTime(given, pattern, zone) {
  const text = String(given);
  const into = {};
  // The position behind what the elements read, or -1.
  function read(elements, from) {
    let at = from;
    for (let i = 0; i < elements.length; i += 1) {
      const element = elements[i];
      if (element.optional) {
        const kept = { ...into };
        const end = read(element.optional, at);
        if (end >= 0) at = end;
        else Object.assign(into, kept);
      } else if (element.text !== undefined) {
        if (!text.startsWith(element.text, at)) return -1;
        at += element.text.length;
      } else {
        const follows = elements[i + 1];
        const [expression, take] = reader(element.letter, element.count,
                                          follows && follows.letter && /[uyMdHhmsSk]/.test(follows.letter));
        expression.lastIndex = at;
        const match = expression.exec(text);
        if (match === null) return -1;
        take(match[0], into);
        at += match[0].length;
      }
    }
    return at;
  }
  if (read(parsePattern(pattern), 0) !== text.length) {
    throw new RangeError(`Text '${text}' could not be parsed by '${pattern}'`);
  }
  const year = into.year === undefined ? 1970 : into.year;
  let days = daysOf(year, into.month || 1, into.day || 1);
  if (into.dayOfYear) days = daysOf(year, 1, into.dayOfYear);
  let hour = into.hour || 0;
  if (into.halfHour !== undefined) hour = into.halfHour + (into.pm ? 12 : 0);
  if ((into.month || 1) > 12 || hour > 24 || (into.minute || 0) > 59 || (into.second || 0) > 59 ||
      new Date(days * DAY_MS).getUTCDate() !== (into.dayOfYear ? new Date(days * DAY_MS).getUTCDate() : into.day || 1)) {
    throw new RangeError(`Text '${text}' is no date or time`);
  }
  const local = days * DAY_MS + hour * 3600000 + (into.minute || 0) * 60000 +
                (into.second || 0) * 1000 + (into.ms || 0);
  if (into.offset !== undefined) return local - into.offset * 1000;
  const named = into.zone === undefined ? zone : into.zone;
  // The offset may differ between the guess and the instant, near a change of the clocks.
  const guess = local - mustOffset(named, local) * 1000;
  return local - mustOffset(named, guess) * 1000;
}

util.time = {
  nowISO8601: function nowISO8601() {
    return new Date().toISOString();
  },
  nowEpochSeconds: function nowEpochSeconds() {
    return Math.floor(Date.now() / 1000);
  },
  nowEpochMilliSeconds: function nowEpochMilliSeconds() {
    return Date.now();
  },
  nowFormatted: function nowFormatted(pattern, zone) {
    return formatTime(Date.now(), pattern, zone);
  },
  parseFormattedToEpochMilliSeconds: function parseFormattedToEpochMilliSeconds(text, pattern,
                                                                                 zone) {
    return parseTime(text, pattern, zone);
  },
  parseISO8601ToEpochMilliSeconds: function parseISO8601ToEpochMilliSeconds(given) {
    const text = String(given);
    const match =
      /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?$/.exec(text);
    if (!match) throw new RangeError(`Text '${text}' could not be parsed as ISO 8601`);
    const ms = Number((match[4] || '').padEnd(3, '0').slice(0, 3));
    return parseTime(`${match[1]}T${match[2]}:${match[3] || '00'}${match[5] || 'Z'}`,
                     "yyyy-MM-dd'T'HH:mm:ssXXX") + ms;
  },
  epochMilliSecondsToSeconds: function epochMilliSecondsToSeconds(ms) {
    return Math.floor(ms / 1000);
  },
  epochMilliSecondsToISO8601: function epochMilliSecondsToISO8601(ms) {
    return new Date(ms).toISOString();
  },
  epochMilliSecondsToFormatted: function epochMilliSecondsToFormatted(ms, pattern, zone) {
    return formatTime(ms, pattern, zone);
  },
};
