// Dates, numbers and texts in the words of a place, which the engine gives in one form only: `toLocale…String` with its usual
// options, and `localeCompare`. Names of months and days are English, whatever the place.
(function ({ native }) {
  const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
  const MONTHS = "January February March April May June July August September October November December".split(" ");
  const SIGNS = { USD: "$", EUR: "€", GBP: "£", JPY: "¥", INR: "₹", CNY: "CN¥", KRW: "₩", BRL: "R$", CAD: "CA$", AUD: "A$", MXN: "MX$" };
  // Order of numeric dates, what stands between, whether days and months have two digits, the clock, what stands before the time;
  // then what groups thousands and what begins the fraction.
  const PLACES = {
    en: ["mdy", "/", false, 12, ", ", ",", "."], "en-gb": ["dmy", "/", true, 24, ", ", ",", "."], "en-ca": ["ymd", "-", true, 12, ", ", ",", "."],
    de: ["dmy", ".", false, 24, ", ", ".", ","], fr: ["dmy", "/", true, 24, " ", "\u202f", ","], es: ["dmy", "/", false, 24, ", ", ".", ","],
    it: ["dmy", "/", true, 24, ", ", ".", ","], pt: ["dmy", "/", true, 24, ", ", ".", ","], nl: ["dmy", "-", false, 24, ", ", ".", ","],
    sv: ["ymd", "-", true, 24, " ", "\u00a0", ","], ja: ["ymd", "/", false, 24, " ", ",", "."], zh: ["ymd", "/", false, 24, " ", ",", "."],
  };
  PLACES["en-ie"] = PLACES["en-gb"];
  PLACES["en-au"] = PLACES["en-nz"] = PLACES["en-gb"].with(3, 12);
  PLACES["en-in"] = PLACES["en-au"].with(2, false);

  function place(locales) {
    const name = String([].concat(locales ?? "en-US")[0] ?? "en-US").toLowerCase();
    if (!/^[a-z]{2,8}([-_][a-z0-9]{1,8})*$/.test(name)) throw new RangeError(`Incorrect locale information provided: ${name}`);
    const [order, mark, pads, clock, joint, thousands, point] = PLACES[name] ?? PLACES[name.slice(0, 2)] ?? PLACES.en;
    return { name, order, mark, pads, clock, joint, thousands, point };
  }
  const two = (number) => String(number).padStart(2, "0");

  // The time on the clocks of a zone, as the fields of a date in UTC, and the zone's short name.
  function inZone(time, zone) {
    let seconds = -new Date(time).getTimezoneOffset() * 60, short = "";
    if (zone !== undefined) {
      const answer = /^(UTC|GMT)$/i.test(zone) ? "=0 UTC" : native("zone", String(zone), String(time));
      if (answer[0] !== "=") throw new RangeError(`Invalid time zone specified: ${zone}`);
      [seconds, short] = [Number(answer.slice(1).split(" ")[0]), answer.split(" ")[1]];
    }
    const minutes = Math.abs(seconds) / 60 | 0, away = `GMT${seconds < 0 ? "-" : "+"}${minutes / 60 | 0}${minutes % 60 ? ":" + two(minutes % 60) : ""}`;
    return { at: new Date(time + seconds * 1000), short: /^([ECMP][SD]T|UTC)$/.test(short) ? short : seconds ? away : "UTC" };
  }

  const STYLES = {
    full: { weekday: "long", year: "numeric", month: "long", day: "numeric" }, long: { year: "numeric", month: "long", day: "numeric" },
    medium: { year: "numeric", month: "short", day: "numeric" }, short: { year: "2-digit", month: "numeric", day: "numeric" },
  };
  function wanted(options, defaults) {
    const { dateStyle, timeStyle, ...given } = options;
    if (dateStyle || timeStyle) {
      const time = timeStyle && { hour: "numeric", minute: "2-digit", ...(timeStyle !== "short" && { second: "2-digit" }), ...(/full|long/.test(timeStyle) && { timeZoneName: "short" }) };
      return { ...given, ...(dateStyle && STYLES[dateStyle]), ...time };
    }
    const asks = (names) => names.some((name) => given[name] !== undefined);
    const [date, time] = [["weekday", "year", "month", "day"], ["hour", "minute", "second", "fractionalSecondDigits"]];
    if (asks(defaults === "date" ? date : defaults === "time" ? time : [...date, ...time])) return given;
    return { ...given, ...(defaults !== "time" && { year: "numeric", month: "numeric", day: "numeric" }), ...(defaults !== "date" && { hour: "numeric", minute: "2-digit", second: "2-digit" }) };
  }

  function dateText(at, parts, { name, order, mark, pads }) {
    const { weekday, year, month, day } = parts, british = name.startsWith("en-") && order === "dmy";
    const shorten = (text, form) => form === "long" ? text : form === "narrow" ? text[0] : text.slice(0, 3);
    const y = year && (year === "2-digit" ? two(at.getUTCFullYear() % 100) : String(at.getUTCFullYear()));
    const week = weekday && shorten(DAYS[at.getUTCDay()], weekday), number = at.getUTCDate();
    if (/long|short|narrow/.test(month ?? "")) {
      const m = shorten(MONTHS[at.getUTCMonth()], month), d = day && (day === "2-digit" ? two(number) : String(number));
      const first = (order === "mdy" ? [m, d] : [d, m]).filter(Boolean).join(" "), dated = [first, y].filter(Boolean).join(d && order === "mdy" ? ", " : " ");
      return [week, dated].filter(Boolean).join(british && !year ? " " : ", ");
    }
    const padded = (form, value) => form && (form === "2-digit" || (pads && (year || (month && day))) ? two(value) : String(value));
    const values = { y, m: padded(month, at.getUTCMonth() + 1), d: padded(day, number) };
    return [week, [...order].map((letter) => values[letter]).filter(Boolean).join(mark)].filter(Boolean).join(british && !year ? " " : ", ");
  }
  function timeText(at, parts, { name, clock }, short) {
    const { hour, minute, second, hour12, hourCycle, fractionalSecondDigits: digits, timeZoneName } = parts;
    const halves = hour12 ?? (hourCycle ? /h1[12]/.test(hourCycle) : clock === 12), hours = at.getUTCHours();
    const midnight = hourCycle === "h24" || (clock === 12 && hour12 === false) ? 24 : 0; // as in Node
    const shown = halves ? hours % 12 || 12 : hours || midnight;
    const values = [
      hour && (hour === "2-digit" || !halves ? two(shown) : String(shown)),
      minute && (hour || second ? two(at.getUTCMinutes()) : String(at.getUTCMinutes())),
      second && (minute ? two(at.getUTCSeconds()) : String(at.getUTCSeconds())),
    ].filter(Boolean);
    let text = values.join(":") + (digits ? "." + String(at.getUTCMilliseconds()).padStart(3, "0").slice(0, digits) : "");
    if (hour && halves) text += " " + (name === "en-ca" ? ["a.m.", "p.m."] : /en-(au|nz|in|gb|ie)/.test(name) ? ["am", "pm"] : ["AM", "PM"])[hours < 12 ? 0 : 1];
    return timeZoneName ? [text, short].filter(Boolean).join(" ") : text;
  }
  function written(date, locales, options = {}, defaults) {
    if (Number.isNaN(date.getTime())) return "Invalid Date";
    const where = place(locales), parts = wanted(options ?? {}, defaults), { at, short } = inZone(date.getTime(), parts.timeZone);
    const day = dateText(at, parts, where), time = timeText(at, parts, where, short);
    return [day, time].filter(Boolean).join(where.name.startsWith("en") && parts.month === "long" ? " at " : where.joint);
  }

  // A number times ten to the power of `shift`, with so many decimal places: as it is written, not as it is stored.
  function rounded(number, places, shift) {
    const [mantissa, exponent] = number.toExponential().split("e"), digits = mantissa.replace(".", "");
    const kept = Number(exponent) + 1 + shift + places, up = kept >= 0 && digits[kept] >= "5" ? 1n : 0n;
    const text = String(BigInt(digits.slice(0, Math.max(kept, 0)).padEnd(kept, "0") || 0) + up).padStart(places + 1, "0");
    return [text.slice(0, text.length - places), text.slice(text.length - places)];
  }
  function numberText(value, locales, options) {
    const { thousands, point, name } = place(locales), { style, currency, useGrouping = true, minimumIntegerDigits = 1, maximumSignificantDigits } = options ?? {};
    if (style === "currency" && !/^[a-z]{3}$/i.test(currency ?? "")) throw new TypeError("Currency code is required with currency style.");
    if (Number.isNaN(value)) return "NaN";
    const code = String(currency ?? "").toUpperCase(), usual = style === "currency" ? (/JPY|KRW/.test(code) ? 0 : 2) : 0;
    const least = options?.minimumFractionDigits ?? Math.min(usual, options?.maximumFractionDigits ?? usual);
    const most = options?.maximumFractionDigits ?? Math.max(least, style === "currency" ? usual : style === "percent" ? 0 : 3);
    if (least > most || most > 100 || least < 0) throw new RangeError("maximumFractionDigits value is out of range.");
    const exact = Math.abs(maximumSignificantDigits ? Number(value.toPrecision(maximumSignificantDigits)) : value);
    let text = "∞";
    if (Number.isFinite(exact)) {
      let [whole, fraction] = rounded(exact, most, style === "percent" ? 2 : 0);
      while (fraction.length > least && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
      whole = whole.padStart(minimumIntegerDigits, "0");
      if (useGrouping && !(/^(es|it)/.test(name) && whole.length < 5)) whole = whole.replace(name === "en-in" ? /\B(?=(\d\d)*\d{3}$)/g : /\B(?=(\d{3})+$)/g, thousands);
      text = fraction ? whole + point + fraction : whole;
    }
    const sign = value < 0 || Object.is(value, -0) ? "-" : "", first = point === ".";
    if (style === "percent") text += first || /^(it|nl|pt)/.test(name) ? "%" : "\u00a0%";
    if (style !== "currency") return sign + text;
    const mark = SIGNS[code] ?? (first ? code + "\u00a0" : code);
    return first ? sign + mark + text : `${sign}${text}\u00a0${mark}`;
  }

  // Letters first by themselves, then by their accents, then small before capital; marks before digits before letters.
  function compare(one, other, options) {
    const strip = (text) => text.normalize("NFD").replace(/\p{M}/gu, ""), { sensitivity = "variant", numeric = false } = options ?? {};
    const pieces = (text) => strip(text).toLowerCase().match(numeric ? /\d+|[^]/gu : /[^]/gu) ?? [];
    const rank = (piece) => /^\p{L}/u.test(piece) ? 2 : /^\p{N}/u.test(piece) ? 1 : 0;
    const order = (a, b) => a < b ? -1 : a > b ? 1 : 0, [left, right] = [pieces(one), pieces(other)];
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      const [a, b] = [left[i], right[i]], isNumber = numeric && rank(a) === 1 && rank(b) === 1;
      const found = order(rank(a), rank(b)) || (isNumber ? order(Number(a), Number(b)) : order(a, b));
      if (found) return found;
    }
    const minds = { accents: /accent|variant/.test(sensitivity), cases: /case|variant/.test(sensitivity) };
    return order(left.length, right.length)
      || (minds.accents ? order(one.normalize("NFD").toLowerCase(), other.normalize("NFD").toLowerCase()) : 0)
      || (minds.cases ? -order(strip(one), strip(other)) : 0);
  }

  const install = (type, methods) => { for (const name in methods) Object.defineProperty(type.prototype, name, { value: methods[name], writable: true, configurable: true }); };
  install(Date, {
    toLocaleString(locales, options) { return written(this, locales, options, "any"); },
    toLocaleDateString(locales, options) { return written(this, locales, options, "date"); },
    toLocaleTimeString(locales, options) { return written(this, locales, options, "time"); },
  });
  install(Number, { toLocaleString(locales, options) { return numberText(Number(this), locales, options); } });
  install(BigInt, { toLocaleString(locales) { return String(this).replace(/\B(?=(\d{3})+$)/g, place(locales).thousands); } });
  install(String, { localeCompare(other, locales, options) { return compare(String(this), String(other), options); } });
  return {};
})
