/*
 * Charts as inline SVG: see chart.h.  Drawn for a box of 480 by 260, which a
 * phone shows at three quarters, with larger letters.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/num.h"
#include "report/chart.h"
#include "report/page.h"

#define LEFT 74.0
#define RIGHT 470.0
#define TOP 14.0
#define BOTTOM 220.0
#define LINES 4
#define DAY (INT64_C(86400) * 1000000000)

static double
x_of(const struct chart *c, int64_t when)
{
	double span = (double)(c->to - c->from);

	return span <= 0 ? (LEFT + RIGHT) / 2 :
	    LEFT + (RIGHT - LEFT) * (double)(when - c->from) / span;
}

static double
y_of(const struct chart *c, double value)
{
	if (value > c->top)
		value = c->top;
	return BOTTOM - (BOTTOM - TOP) * (c->top > 0 ? value / c->top : 0);
}

/* A round value of the unit that fits: seconds, minutes, hours, days. */
static double	round_up(double);

static double
round_seconds(double v)
{
	static const double units[] = { 86400, 3600, 60 };
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (v > units[i])
			return round_up(v / units[i]) * units[i];
	return round_up(v);
}

/* The next step times a power of ten; each can be quartered. */
static double
round_up(double v)
{
	static const double steps[] = { 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5,
	    6, 8, 10 };
	double unit;
	size_t i;

	if (!(v > 0))
		return 1;
	for (unit = 1; unit * 10 <= v; unit *= 10)
		;
	while (unit > v)
		unit /= 10;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] * unit >= v)
			return steps[i] * unit;
	return 10 * unit;
}

static const char *
label_of(const struct chart *c, double v, char text[NUM_TEXT_MAX])
{
	if (!(v > 0))
		return "0";
	if (c->unit == CHART_BYTES)
		return num_format_size((uint64_t)v, text);
	return num_format_seconds(v, text);
}

/* The day; the time as well when the whole chart is of few of them. */
static const char *
moment(const struct chart *c, int64_t when, char text[CLOCK_TEXT_MAX])
{
	(void)clock_format(when, text);
	if (c->to - c->from >= 3 * DAY) {
		text[10] = '\0';
		return text;
	}
	text[10] = ' ';
	text[16] = '\0';
	return text + 5;	/* without the year */
}

static void
write_axes(struct chart *c)
{
	char text[NUM_TEXT_MAX], day[CLOCK_TEXT_MAX];
	double y;
	int i;

	for (i = 0; i <= LINES; i++) {
		y = BOTTOM - (BOTTOM - TOP) * i / LINES;
		page_f(c->page, "<line class=\"grid\" x1=\"%.0f\" y1=\"%.1f\" "
		    "x2=\"%.0f\" y2=\"%.1f\"/>", LEFT, y, RIGHT, y);
		page_f(c->page, "<text class=\"axis\" x=\"%.0f\" y=\"%.1f\" "
		    "text-anchor=\"end\">%s</text>\n", LEFT - 6, y + 4,
		    label_of(c, c->top * i / LINES, text));
	}
	page_f(c->page, "<text class=\"axis\" x=\"%.0f\" y=\"%.0f\">%s"
	    "</text>", LEFT, BOTTOM + 20, moment(c, c->from, day));
	page_f(c->page, "<text class=\"axis\" x=\"%.0f\" y=\"%.0f\" "
	    "text-anchor=\"end\">%s</text>\n", RIGHT, BOTTOM + 20,
	    moment(c, c->to, day));
}

void
chart_begin(struct chart *c, const char *heading, const char *alt)
{
	c->top = c->unit == CHART_SECONDS ? round_seconds(c->top) :
	    round_up(c->top);
	page_raw(c->page, "<figure class=\"chart\"><figcaption>");
	page_text(c->page, heading);
	page_raw(c->page, "</figcaption>\n<svg viewBox=\"0 0 480 250\" "
	    "role=\"img\" aria-label=\"");
	page_text(c->page, alt);
	page_raw(c->page, "\">\n");
	write_axes(c);
}

void
chart_limit(struct chart *c, double value, const char *label)
{
	double y = y_of(c, value);

	page_f(c->page, "<line class=\"limit\" x1=\"%.0f\" y1=\"%.1f\" "
	    "x2=\"%.0f\" y2=\"%.1f\"/>", LEFT, y, RIGHT, y);
	page_f(c->page, "<text class=\"limit-label\" x=\"%.0f\" y=\"%.1f\" "
	    "text-anchor=\"end\">", RIGHT, y < TOP + 16 ? y + 16 : y - 5);
	page_text(c->page, label);
	page_raw(c->page, "</text>\n");
}

void
chart_line(struct chart *c, const int64_t *when, const double *value,
    size_t n, const char *class)
{
	size_t i;

	if (n < 2)
		return;
	page_f(c->page, "<polyline class=\"line %s\" points=\"", class);
	for (i = 0; i < n; i++)
		page_f(c->page, "%.1f,%.1f ", x_of(c, when[i]),
		    y_of(c, value[i]));
	page_raw(c->page, "\"/>\n");
}

void
chart_note(struct chart *c, int64_t when, double value, const char *text)
{
	double x = x_of(c, when), y = y_of(c, value);

	page_f(c->page, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\"%s>",
	    x, y < TOP + 20 ? y + 20 : y - 9, x > (LEFT + RIGHT) / 2 ?
	    " text-anchor=\"end\"" : "");
	page_text(c->page, text);
	page_raw(c->page, "</text>\n");
}

void
chart_dot(struct chart *c, int64_t when, double value, const char *class,
    const char *title)
{
	page_f(c->page, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" "
	    "r=\"4\"><title>", class, x_of(c, when), y_of(c, value));
	page_text(c->page, title);
	page_raw(c->page, "</title></circle>\n");
}

void
chart_column(struct chart *c, size_t i, size_t n, const double span[2],
    const char *class, const char *title)
{
	double each = (RIGHT - LEFT) / (double)(n > 0 ? n : 1);
	double wide = each > 40 ? 32 : each * 0.8;
	double upper = y_of(c, span[1]), lower = y_of(c, span[0]);

	page_f(c->page, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
	    "width=\"%.1f\" height=\"%.1f\"><title>", class, LEFT + each *
	    ((double)i + 0.5) - wide / 2, upper, wide, lower - upper);
	page_text(c->page, title);
	page_raw(c->page, "</title></rect>\n");
}

void
chart_end(struct chart *c, const char *const *legend)
{
	size_t i;

	page_raw(c->page, "</svg>\n");
	if (legend != NULL && legend[0] != NULL) {
		page_raw(c->page, "<p class=\"legend\">");
		for (i = 0; legend[i] != NULL; i += 2) {
			page_f(c->page, "<span><i class=\"%s\"></i>",
			    legend[i]);
			page_text(c->page, legend[i + 1]);
			page_raw(c->page, "</span> ");
		}
		page_raw(c->page, "</p>\n");
	}
	page_raw(c->page, "</figure>\n");
}
