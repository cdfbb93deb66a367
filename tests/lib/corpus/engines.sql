-- Engines that a server has as plugins: those of the source are not the target's.
INSTALL SONAME 'ha_archive';
INSTALL SONAME 'ha_blackhole';
CREATE DATABASE engines;
USE engines;
CREATE TABLE past (id INT NOT NULL AUTO_INCREMENT, t TEXT, KEY (id)) ENGINE=ARCHIVE;
INSERT INTO past (t) VALUES ('a'), (NULL), ('\n) ENGINE=x');
CREATE TABLE nothing (a INT PRIMARY KEY) ENGINE=BLACKHOLE COMMENT='ENGINE=ARCHIVE';
CREATE TABLE numbered (id INT AUTO_INCREMENT PRIMARY KEY, t TEXT) ENGINE=ARCHIVE;
INSERT INTO numbered (t) VALUES ('a'), ('b');
INSERT INTO numbered VALUES (7, 'c');
CREATE TABLE numbered_none (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=ARCHIVE AUTO_INCREMENT=100;
