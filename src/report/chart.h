#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include <stddef.h>
#include <stdint.h>

struct page;

/* A chart over time as inline SVG; colours and fonts are the page's CSS. */
enum chart_unit {
	CHART_SECONDS,
	CHART_BYTES
};

struct chart {
	struct page	*page;
	int64_t		 from, to;	/* UTC ns, left and right */
	double		 top;		/* value of the upper edge */
	enum chart_unit	 unit;
};

/*
 * Begin one: heading, axes and their labels.  alt says in words what it
 * shows.  top is rounded up so that the lines fall on round values.
 */
void	chart_begin(struct chart *, const char *heading, const char *alt);

/* A horizontal line with a label: an objective. */
void	chart_limit(struct chart *, double value, const char *label);

/* n points joined by a line of a class (a colour of the CSS). */
void	chart_line(struct chart *, const int64_t *when, const double *value,
	    size_t n, const char *class);

/* What the newest point is, in words beside it. */
void	chart_note(struct chart *, int64_t when, double value,
	    const char *text);

/* One dot; title is shown when it is pointed at. */
void	chart_dot(struct chart *, int64_t when, double value,
	    const char *class, const char *title);

/* Part of a stacked column: number i of n, from value to value. */
void	chart_column(struct chart *, size_t i, size_t n,
	    const double span[2], const char *class, const char *title);

/* End it; legend is pairs of class and text, ending with NULL, or NULL. */
void	chart_end(struct chart *, const char *const *legend);

#endif
