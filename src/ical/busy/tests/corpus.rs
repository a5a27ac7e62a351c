//! Rules that want to be endless work, for the tests and for `benches/expansion.rs`.

/// What it is called, when its event begins, and the rule.
pub const HOSTILE: &[(&str, &str, &str)] = &[
    ("secondly", "20200101T000000Z", "FREQ=SECONDLY"),
    (
        "minutely, never",
        "20200101T000000Z",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=31",
    ),
    (
        "daily, never",
        "20200101T000000Z",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
    ),
    (
        "daily, never, counted since year 1",
        "00010101T000000Z",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=9",
    ),
    (
        "hourly, never",
        "20200101T000000Z",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31",
    ),
    (
        "monthly, never",
        "20200101T000000Z",
        "FREQ=MONTHLY;BYMONTH=2;BYDAY=5SU;BYMONTHDAY=31",
    ),
    (
        "yearly, never, since year 1",
        "00010101T000000Z",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;COUNT=9",
    ),
    (
        "hourly, counted in millions",
        "20200101T000000Z",
        "FREQ=HOURLY;BYMINUTE=0;COUNT=5000000",
    ),
    (
        "daily, counted in millions since year 1",
        "00010101T000000Z",
        "FREQ=DAILY;BYHOUR=9;COUNT=5000000",
    ),
    (
        "weekly, huge interval",
        "20200101T000000Z",
        "FREQ=WEEKLY;INTERVAL=2147483648;BYDAY=MO",
    ),
    (
        "yearly, 288 times a day",
        "20200101T000000Z",
        "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55",
    ),
    (
        "yearly, silly positions",
        "20200101T000000Z",
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=1,2,3,4,5,6,7,8,9;BYSETPOS=-366,366,365,-365,1,2,3,4,5,6,7,8,9",
    ),
    ("minutely", "20200101T000000Z", "FREQ=MINUTELY;INTERVAL=7"),
    (
        "yearly, a fifth Monday on the second",
        "20200101T000000Z",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=5MO;BYMONTHDAY=2",
    ),
    (
        "monthly, a day of the year in the wrong week",
        "20200101T000000Z",
        "FREQ=MONTHLY;BYYEARDAY=330;BYWEEKNO=3",
    ),
    (
        "monthly, the same, counted",
        "18500101T000000Z",
        "FREQ=MONTHLY;BYYEARDAY=330;BYWEEKNO=3;COUNT=7",
    ),
    (
        "hourly, at the wrong hour of every second day",
        "20200101T000000Z",
        "FREQ=HOURLY;INTERVAL=48;BYHOUR=5;COUNT=1000000",
    ),
    (
        "hourly, rarely",
        "20200101T000000Z",
        "FREQ=HOURLY;INTERVAL=8761;BYHOUR=3;BYMONTH=12",
    ),
    (
        "weekly, on days of the month in every 70,000th week",
        "20200101T000000Z",
        "FREQ=WEEKLY;INTERVAL=70000;BYMONTHDAY=13;BYDAY=FR",
    ),
    (
        "yearly, the last of very many",
        "20200101T000000Z",
        "FREQ=YEARLY;BYWEEKNO=48;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,3,6,9,12,15,18,21,24,27,30,33,36,39,42,45,48,51,54,57;BYSETPOS=-1,-366",
    ),
    (
        "daily, every number of every part",
        "00010101T000000Z",
        "FREQ=DAILY;BYMONTH=11,12;BYMONTHDAY=1,2,3,4,5,-1,-2;BYDAY=1MO,-1TU,WE;BYHOUR=1,2,3,4,5,6,7,8;BYMINUTE=1,11,21;BYSECOND=0,30;BYSETPOS=1,2,3,-1;COUNT=1000000",
    ),
];
